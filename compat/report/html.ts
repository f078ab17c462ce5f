// The report for a browser: one file, with everything in it.

import { cpus } from "node:os";
import type { Implementation } from "../implementations.ts";
import type { Judged } from "../known.ts";
import { isFailure, type Outcome, type Result, type Verdict } from "../results.ts";
import type { Transcript } from "../sections.ts";
import { SCRIPT, STYLE } from "./page.ts";

const WORDS: Record<Verdict, string> = {
  yardstick: "yardstick",
  same: "same",
  known: "known",
  differs: "differs",
  "not applicable": "n/a",
};

/** A version of something that took part. */
export type Fact = readonly [what: string, value: string];

/** The facts of this machine and of the packages. */
export async function findFacts(): Promise<Fact[]> {
  const version = async (name: string): Promise<string> =>
    String(
      (await Bun.file(`${import.meta.dir}/../../node_modules/${name}/package.json`).json()).version,
    );
  const node = Bun.which("node");
  const nodeVersion = node && Bun.spawnSync([node, "--version"]).stdout.toString().trim();
  const { version: own } = await Bun.file(`${import.meta.dir}/../../package.json`).json();
  const packages = ["socket.io", "@socket.io/bun-engine", "socket.io-client"];
  const clients = ["socket.io-client-v3", "socket.io-client-v2", "socket.io-client-v1"];
  return [
    ["date", new Date().toISOString().replace(/\..*/, " UTC").replace("T", " ")],
    ["bun-socket.io", String(own)],
    ...(await Promise.all(
      [...packages, ...clients].map(
        async (name): Promise<Fact> => [name.replace(/-v(\d)$/, " $1"), await version(name)],
      ),
    )),
    ["Bun", Bun.version],
    ["Node.js", nodeVersion ?? "none on this machine"],
    [
      "machine",
      `${process.platform} ${process.arch}, ${cpus().length} x ${cpus()[0]?.model ?? "CPU"}`,
    ],
  ];
}

/** The page. */
export function renderPage(
  implementations: readonly Implementation[],
  results: readonly Result[],
  stale: readonly string[],
  facts: readonly Fact[],
): string {
  const failures = results.flatMap(({ outcomes }) => outcomes.filter(isFailure)).length;
  const heads = implementations.map(({ id }) => `<th scope="col">${html(id)}</th>`).join("");
  const outcome =
    failures + stale.length === 0
      ? `<p class="verdict same">No unlisted difference in ${results.length} scenarios.</p>`
      : `<p class="verdict differs">${failures} unlisted differences, ${stale.length} entries of the list that no longer apply.</p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Does it behave the same? bun-socket.io and socket.io</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>Does it behave the same?</h1>
<p>The same programs against <code>socket.io</code> and <code>bun-socket.io</code>: what was observable, compared with ${html(implementations[0]?.id ?? "")}.</p>
${outcome}
<dl class="facts">${facts.map(([what, value]) => `<div><dt>${html(what)}</dt><dd>${html(value)}</dd></div>`).join("")}</dl>
</header>
<main>
${totals(implementations, results)}
${stale.map((entry) => `<p class="verdict differs">${html(entry)}</p>`).join("")}
<form class="filter">
<input type="search" id="words" placeholder="Words of a name" aria-label="Words of a name">
<label><input type="radio" name="show" value="" checked> all</label>
<label><input type="radio" name="show" value="ours"> where ours differs</label>
<label><input type="radio" name="show" value="any"> where any differs</label>
<output id="count"></output>
</form>
<div class="wide"><table class="scenarios">
<thead><tr><th scope="col">Scenario</th>${heads}</tr></thead>
${results.map((result) => renderResult(result, implementations.length)).join("\n")}
</table></div>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function totals(implementations: readonly Implementation[], results: readonly Result[]): string {
  const verdicts: Verdict[] = ["same", "known", "differs", "not applicable"];
  const rows = implementations.map(({ id }, index) => {
    const outcomes = results.flatMap(({ outcomes: all }) => all[index] ?? []);
    const counts = verdicts.map((verdict) => {
      const count = outcomes.filter((it) => it.verdict === verdict).length;
      return `<td class="${count > 0 ? WORDS[verdict].replace("/", "") : ""}">${count}</td>`;
    });
    const cells =
      index === 0 ? `<td colspan="4" class="yardstick">yardstick</td>` : counts.join("");
    return `<tr><th scope="row">${html(id)}</th>${cells}</tr>`;
  });
  const heads = verdicts.map((verdict) => `<th scope="col">${verdict}</th>`).join("");
  return `<div class="wide"><table class="totals"><thead><tr><th></th>${heads}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function renderResult({ scenario, outcomes }: Result, width: number): string {
  const differs = (it: Outcome): boolean => it.verdict === "differs" || it.verdict === "known";
  const kinds = [
    ...(outcomes.some((it) => it.isOurs && differs(it)) ? ["ours"] : []),
    ...(outcomes.some(differs) ? ["any"] : []),
  ];
  const cells = outcomes
    .map(({ verdict, note }) => {
      const title = note === "" ? "" : ` title="${html(note)}"`;
      return `<td class="${WORDS[verdict].replace("/", "")}"${title}>${WORDS[verdict]}</td>`;
    })
    .join("");
  const diffs = outcomes
    .filter(({ differences }) => differences.length > 0)
    .map((it) => `<h3>${html(it.id)}</h3>${renderDiff(it.differences)}`);
  const yardstick = outcomes.find(({ transcript }) => transcript !== null);
  const transcript = yardstick?.transcript ? renderTranscript(yardstick.transcript) : "";
  return `<tbody data-kinds="${kinds.join(" ")}">
<tr class="row"><th scope="row"><button type="button" aria-expanded="false">${html(scenario)}</button></th>${cells}</tr>
<tr class="detail" hidden><td colspan="${width + 1}">${diffs.join("")}<h3>What was observable of ${html(yardstick?.id ?? "")}</h3>${transcript}</td></tr>
</tbody>`;
}

function renderDiff(differences: readonly Judged[]): string {
  const lines = differences.map(({ section, sign, text, reason }, index) => {
    const head = differences[index - 1]?.section === section ? "" : `<b>${html(section)}</b>\n`;
    const why = reason === null ? "" : `<i>known: ${html(reason)}</i>`;
    const line = `<span class="${sign === "-" ? "minus" : "plus"}">${sign} ${html(text)}</span>`;
    return `${head}${line}${why}`;
  });
  return `<pre class="diff">${lines.join("\n")}</pre>`;
}

function renderTranscript({ sections, failure }: Transcript): string {
  const lines = sections.map(
    ({ title, lines: texts }) =>
      `<b>${html(title)}</b>\n${texts.map((text) => `  ${html(text)}`).join("\n")}`,
  );
  const failed = failure === null ? "" : `<span class="minus">${html(failure)}</span>\n`;
  return `<pre>${failed}${lines.join("\n")}</pre>`;
}

function html(text: string): string {
  return Bun.escapeHTML(text);
}
