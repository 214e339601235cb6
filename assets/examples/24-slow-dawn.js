// Slow dawn
// music and light

setcpm(9)

drone: note("[d2,a2,d3,e3]").s("wt_voice").attack(2).release(3).gain(.3).room(.9).size(9)
birds: n(irand(12).segment(4)).scale("D6:lydian").s("sine").degradeBy(.5)
  .decay(.15).sustain(0).fmi(3).gain(.15).pan(rand).delay(.6).delayfeedback(.6)

gradient(0)
  .color(1, .45, .2)
  .mult(noise(1.2, .03).contrast(.9).brightness(.3))
  .add(src(o0).scrollY(.002).scale(1.003), .85)
  .luma(.1, .4)
  .out(o0)
