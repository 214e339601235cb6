// Two clocks
// music

setcpm(28)

// three against four against five, all at one pace
$: n("{0 2 4, 7 5 9 11, 0 ~ 4 ~ 12}%8").scale("E3:dorian")
  .s("triangle").decay(.2).sustain(0).gain(.4).room(.3)
  .jux(rev)

$: s("{bd ~ sd, hh hh hh hh oh}%8").gain(.7)
