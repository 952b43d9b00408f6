// What is wider than the page can be scrolled with the keyboard, too.
const wide = "pre, [role=group], .table-wrapper, .formula, .cell_output, .body";
const reach = () => document.querySelectorAll(wide).forEach(part => {
  if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
});
reach();
addEventListener("resize", reach);
