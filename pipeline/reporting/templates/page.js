"use strict";
const field = document.getElementById("find");
const rows = [...document.querySelectorAll("#municipalities tbody tr")];
const show = () => {
  const wanted = field.value.trim().toLowerCase();
  for (const row of rows) row.hidden = !row.dataset.name.startsWith(wanted);
};
const follow = () => {
  const linked = decodeURIComponent(location.hash.slice(1)).toLowerCase();
  const row = linked && rows.find(each => each.id === linked);
  if (row) { field.value = row.dataset.name; show(); scrollTo(0, 0); }
};
field.closest("p").hidden = false;
document.getElementById("municipalities").parentElement.classList.add("short");
field.addEventListener("input", show);
addEventListener("hashchange", follow);
follow();
