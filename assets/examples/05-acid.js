// Three-o-something
// music

setcpm(34)

acid: n("0 0 [7 12] 0 3 <0 10> [~ 5] 0").scale("D2:minor")
  .s("sawtooth").decay(.18).sustain(0)
  .lpf(sine.range(300, 2600).slow(8)).lpq(14).lpenv(3).lpd(.15)
  .distort(.6).gain(.5).delay(.25)

drums: s("bd*4, [~ hh]*4, ~ cp").bank("ember").gain(.8)
