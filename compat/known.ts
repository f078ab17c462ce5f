// Differences that are known: which entry of the list covers which line, and which covers none.

import { asText, type Difference } from "./diff.ts";
import type { ImplementationId } from "./implementations.ts";

/** A difference that is meant. */
export interface KnownDifference {
  /** The name of the scenario, or what the names of all such scenarios match. */
  scenario: string | RegExp;
  /** The implementations of ours that differ; the entry has to apply to each of them. */
  implementations: readonly ImplementationId[];
  /**
   * What each differing line has to match, as it stands in the diff:
   * `ann: events | + disconnect "ping timeout"`. Several patterns: any of them, and each has to match.
   */
  differs: RegExp | readonly RegExp[];
  /** Why it is so: a sentence. */
  reason: string;
}

/** A difference with the reason for it, or null when it is not known. */
export interface Judged extends Difference {
  reason: string | null;
}

/** Applies the list to the results of a run, and remembers what was of use. */
export class KnownDifferences {
  readonly #entries: readonly KnownDifference[];
  readonly #used = new Set<string>();
  readonly #compared = new Set<string>();

  constructor(entries: readonly KnownDifference[]) {
    this.#entries = entries;
  }

  /** Says of each difference why it is there. */
  judge(scenario: string, id: ImplementationId, differences: readonly Difference[]): Judged[] {
    this.#entries.forEach((entry, index) => {
      if (isOf(entry, scenario) && entry.implementations.includes(id)) {
        this.#compared.add(`${index} ${id}`);
      }
    });
    return differences.map((difference) => ({
      ...difference,
      reason: this.#reasonOf(scenario, id, difference),
    }));
  }

  /**
   * The entries, or single patterns of them, that matched nothing.
   *
   * @param isWhole whether all scenarios were run; otherwise only entries of one scenario are judged
   */
  stale(isWhole: boolean): string[] {
    return this.#entries.flatMap((entry, index) =>
      entry.implementations.flatMap((id) =>
        patternsOf(entry).flatMap((pattern, number) => {
          const wasCompared = this.#compared.has(`${index} ${id}`);
          const isJudged = isWhole || (wasCompared && typeof entry.scenario === "string");
          return isJudged && !this.#used.has(`${index} ${id} ${number}`)
            ? [`${entry.scenario}, ${id}: ${pattern} matches no difference (${entry.reason})`]
            : [];
        }),
      ),
    );
  }

  #reasonOf(scenario: string, id: ImplementationId, difference: Difference): string | null {
    let reason: string | null = null;
    this.#entries.forEach((entry, index) => {
      if (!isOf(entry, scenario) || !entry.implementations.includes(id)) {
        return;
      }
      patternsOf(entry).forEach((pattern, number) => {
        if (pattern.test(asText(difference))) {
          this.#used.add(`${index} ${id} ${number}`);
          reason ??= entry.reason;
        }
      });
    });
    return reason;
  }
}

function isOf({ scenario: wanted }: KnownDifference, name: string): boolean {
  return typeof wanted === "string" ? wanted === name : wanted.test(name);
}

function patternsOf({ differs }: KnownDifference): readonly RegExp[] {
  return differs instanceof RegExp ? [differs] : differs;
}
