// Tunnel of itself
// light

src(o0)
  .scale(1.02)
  .rotate(.01)
  .modulate(noise(2.5, .1), .01)
  .blend(shape(4, .4, .02).color(1, .5, .2).rotate(() => beat * .1), .08)
  .saturate(1.04)
  .out(o0)
