// Breakneck
// music

setcpm(43)

drums: s("bd hh sd hh bd bd sd [hh oh]").bank("ember").gain(.5)
  .sometimesBy(.25, x => x.ply(2))
  .every(4, x => x.rev())
  .rarely(x => x.speed(1.5))

bass: n("<0!3 5>(5,16)").scale("F1:minor").s("sawtooth")
  .lpf(600).lpenv(2).decay(.2).sustain(.2).gain(.4).shape(.3)
