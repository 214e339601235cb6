// A small set
// music and light

setcpm(32)

const intensity = 1

kick: s("bd*4").gain(.9).duck(2)
hats: s("hh*8").gain("[.5 .25]*4").mask("<0 1 1 1>/4")
clap: s("~ cp").room(.3).mask("<0 0 1 1>/4")
bass: n("0 ~ [0 3] ~ 0 <5 7> ~ 3").scale("E2:minor").s("sawtooth")
  .lpf(perlin.range(300, 1600)).lpq(8).decay(.2).sustain(.2).gain(.5).orbit(2)
lead: n("<0 4 2 7> [~ 5] 3 ~").scale("E4:minor").s("triangle").fmi(1.5)
  .decay(.25).sustain(0).delay(.5).room(.4).gain(.35).mask("<0 0 0 1>/4").orbit(2)

osc(10, .1, () => .4 + a.fft[1] * intensity)
  .modulate(voronoi(5, .3).rotate(() => time * .05), () => .1 + a.fft[0] * .5)
  .kaleid("<3 5 4 6>")
  .mult(shape(90, .6, .4))
  .add(src(o0).scale(1.01).rotate(.002), .75)
  .out(o0)
