// A transcript: titled lists of lines, compared one list at a time.

/** What was observable of one run of a scenario. */
export interface Transcript {
  sections: Section[];
  /**
   * Why the run did not come to its end: a crash, or a client part that failed. The first line is
   * compared, the others are for people.
   */
  failure: string | null;
}

export interface Section {
  title: string;
  lines: string[];
}

/** Collects lines by the title of their section. */
export class Sections {
  readonly #sections = new Map<string, string[]>();

  add(title: string, ...lines: readonly string[]): void {
    const section = this.#sections.get(title) ?? [];
    section.push(...lines);
    this.#sections.set(title, section);
  }

  list(): Section[] {
    return [...this.#sections]
      .filter(([, lines]) => lines.length > 0)
      .map(([title, lines]) => ({ title, lines }));
  }
}
