// Four windows
// light

osc(12, .1, .9).out(o0)
noise(4).thresh(.5, .2).mult(src(o0)).out(o1)
shape(6, () => .2 + a.vol * .3).repeat(4, 3).modulate(src(o1), .1).out(o2)
src(o2).kaleid(3).colorama(.02).blend(o0, .2).out(o3)

render()
