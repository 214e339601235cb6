// First beat
// music

setcpm(30)

$: s("bd ~ sd ~")

$: s("hh*8").gain("0.6 0.35")
