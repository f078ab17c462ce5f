// What differs between two transcripts, line by line.

import type { Transcript } from "./sections.ts";

/** A line that one of the two has and the other has not, or not there. */
export interface Difference {
  section: string;
  /** `-`: the yardstick's alone; `+`: the implementation's alone. */
  sign: "-" | "+";
  text: string;
}

/** The difference as one text, which the patterns of known differences are matched with. */
export function asText({ section, sign, text }: Difference): string {
  return `${section} | ${sign} ${text}`;
}

export function compare(expected: Transcript, actual: Transcript): Difference[] {
  const [want, got] = [byTitle(expected), byTitle(actual)];
  return [...new Set([...want.keys(), ...got.keys()])].flatMap((section) =>
    compareLines(want.get(section) ?? [], got.get(section) ?? []).map((line) => ({
      section,
      ...line,
    })),
  );
}

function byTitle({ sections, failure }: Transcript): Map<string, readonly string[]> {
  const lines = new Map(sections.map((section) => [section.title, section.lines]));
  return failure === null ? lines : lines.set("scenario: failure", failure.split("\n").slice(0, 1));
}

type Line = Omit<Difference, "section">;

/** The shortest list of lines to take away and to add, by the longest common subsequence. */
function compareLines(want: readonly string[], got: readonly string[]): Line[] {
  const width = got.length + 1;
  const lengths = new Uint32Array((want.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = want.length - 1; row >= 0; row--) {
    for (let column = got.length - 1; column >= 0; column--) {
      lengths[row * width + column] =
        want[row] === got[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < want.length || column < got.length) {
    const [wanted, gotten] = [want[row], got[column]];
    if (wanted !== undefined && wanted === gotten) {
      row++;
      column++;
    } else if (
      gotten === undefined ||
      (wanted !== undefined && at(row + 1, column) >= at(row, column + 1))
    ) {
      lines.push({ sign: "-", text: wanted ?? "" });
      row++;
    } else {
      lines.push({ sign: "+", text: gotten });
      column++;
    }
  }
  return lines;
}
