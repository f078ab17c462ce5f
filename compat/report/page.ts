// How the report looks, and what it does when one clicks.

export const STYLE = `
:root { color-scheme: light dark; --back: #fbfbfa; --front: #1d2126; --soft: #66707a; --line: #dfe2e5;
  --card: #fff; --good: #17703a; --good-back: #e3f4e9; --known: #84590a; --known-back: #fbf0d7;
  --bad: #a8201a; --bad-back: #fbe4e2; }
@media (prefers-color-scheme: dark) { :root { --back: #14171a; --front: #e4e7ea; --soft: #98a2ac;
  --line: #2c3238; --card: #1b1f24; --good: #7fd7a0; --good-back: #16301f; --known: #e8c07a;
  --known-back: #352a12; --bad: #ff9d95; --bad-back: #3d1a18; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--front); font: 15px/1.5 system-ui, sans-serif; }
header, main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1.25rem 0; }
main { padding-bottom: 4rem; }
h1 { margin: 0; font-size: 1.7rem; letter-spacing: -0.01em; text-wrap: balance; }
h3 { margin: 1rem 0 0.35rem; font-size: 0.85rem; color: var(--soft); }
header p { margin: 0.35rem 0 0.9rem; color: var(--soft); }
p.verdict { display: inline-block; padding: 0.35rem 0.8rem; border-radius: 0.4rem; font-weight: 600; }
.facts { display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; margin: 0; font-size: 0.85rem; }
.facts div { display: flex; gap: 0.4rem; } dt { color: var(--soft); } dd { margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin-top: 1rem; background: var(--card); }
th, td { padding: 0.35rem 0.7rem; border: 1px solid var(--line); text-align: left; }
thead th { font-size: 0.8rem; color: var(--soft); font-weight: 600; background: var(--back); }
td { text-align: center; font-variant-numeric: tabular-nums; }
.totals th[scope=row] { font-weight: 500; }
.scenarios { width: 100%; } .scenarios th[scope=row] { font-weight: 400; min-width: 18rem; padding: 0; }
.scenarios thead th { position: sticky; top: 0; }
.scenarios td { white-space: nowrap; font-size: 0.85rem; }
button { all: unset; display: block; width: 100%; padding: 0.35rem 0.7rem; cursor: pointer; box-sizing: border-box; }
button::before { content: "▸"; display: inline-block; width: 1.1em; color: var(--soft); }
button[aria-expanded=true]::before { content: "▾"; }
button:hover { background: var(--back); } button:focus-visible { outline: 2px solid var(--good); outline-offset: -2px; }
.same { color: var(--good); background: var(--good-back); } .known { color: var(--known); background: var(--known-back); }
.differs { color: var(--bad); background: var(--bad-back); font-weight: 600; } .yardstick, .na { color: var(--soft); }
.filter { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1.1rem; margin-top: 1.6rem; }
.filter label { white-space: nowrap; } .filter output { color: var(--soft); margin-left: auto; }
input[type=search] { font: inherit; color: inherit; padding: 0.4rem 0.7rem; min-width: 16rem; border: 1px solid var(--line);
  border-radius: 0.4rem; background: var(--card); }
.scenarios .detail td { text-align: left; white-space: normal; padding: 0.2rem 1rem 1rem; max-width: 0; }
pre { margin: 0; padding: 0.7rem 0.9rem; overflow-x: auto; border: 1px solid var(--line); border-radius: 0.4rem;
  background: var(--back); font: 12.5px/1.5 ui-monospace, monospace; }
.minus { color: var(--bad); } .plus { color: var(--good); }
.diff i { display: block; color: var(--known); padding-left: 2ch; }
`;

export const SCRIPT = `
const words = document.getElementById("words");
const groups = [...document.querySelectorAll(".scenarios tbody")];
function apply() {
  const show = document.querySelector("[name=show]:checked").value;
  const wanted = words.value.toLowerCase().split(/\\s+/);
  let count = 0;
  for (const group of groups) {
    const name = group.querySelector("button").textContent.toLowerCase();
    const kinds = group.dataset.kinds.split(" ");
    group.hidden = !(wanted.every((word) => name.includes(word)) && (show === "" || kinds.includes(show)));
    count += group.hidden ? 0 : 1;
  }
  document.getElementById("count").textContent = count + " of " + groups.length;
}
document.querySelector(".filter").addEventListener("input", apply);
document.querySelector(".filter").addEventListener("submit", (event) => event.preventDefault());
document.querySelector(".scenarios").addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button === null) return;
  const detail = button.closest("tbody").querySelector(".detail");
  detail.hidden = !detail.hidden;
  button.setAttribute("aria-expanded", String(!detail.hidden));
});
apply();
`;
