// A garden of chances
// music

setcpm(26)

garden: n(irand(8).segment(8)).scale("G4:major:pentatonic")
  .s("<sine triangle bell>").degradeBy(.4)
  .decay(.4).sustain(0).room(.7).size(5).delay(.4)
  .pan(rand).gain(.4)

ground: note("<g2 e2 c2 d2>").s("wt_organ").attack(.2).release(.6).gain(.3)
