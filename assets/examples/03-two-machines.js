// Two drum machines
// music

setcpm(33)

drums: s("bd*2, ~ sd, [hh hh oh hh]").bank("<lumen lumen ember ember>")

ghost: s("sd?*8").bank("ember").gain(.2).pan(rand)

toms: s("<~ ~ ~ [lt mt ht lt]>").bank("lumen").room(.4)
