// Liquid light
// light

noise(3, .15)
  .modulate(noise(1.8, .2), () => .2 + a.fft[0] * .6)
  .colorama(.3)
  .contrast(1.4)
  .saturate(.8)
  .luma(.2, .3)
  .out(o0)
