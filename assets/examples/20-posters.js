// Posters
// light

bpm = 60
solid([.9, .1, .2], [.2, .5, .1], [.2, .8, .7])
  .layer(shape([3, 4, 6, 90], .35, .005).luma(.4).color(1, .95, .85))
  .layer(osc(60, 0).thresh(.7).luma(.5).color(.05, .05, .1).rotate([0, .8, 1.57].ease('easeInOutCubic')))
  .out(o0)
