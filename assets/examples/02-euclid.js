// Beats by Euclid
// music

setcpm(31)

// three beats spread over eight steps, five over eight, seven over sixteen
$: s("bd(3,8)")
$: s("rim(5,8,2)").gain(.6)
$: s("hh(7,16)").gain(sine.range(.2, .6).slow(2))
$: s("cp").every(4, x => x.fast(2)).late(.5).gain(.5).room(.3)
