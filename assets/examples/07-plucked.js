// Plucked strings
// music

setcpm(22)

arp: note("<[d3,a3,d4,f4,a4] [bb2,f3,bb3,d4] [c3,g3,c4,e4] [a2,e3,a3,c4]>")
  .arp("0 2 1 3 2 4 3 1").s("pluck").release(1.5).room(.4).pan(sine.slow(3))

bass: note("<d2 bb1 c2 a1>").s("triangle").decay(1.2).sustain(.2).gain(.6)
