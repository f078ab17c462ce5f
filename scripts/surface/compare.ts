// Compares the surface of the reference with that of this package, row by row.

import { EventEmitter } from "node:events";
import { join } from "node:path";
import { Server } from "bun-socket.io";
import { HOSTS } from "../../test/support/hosts.ts";
import { REFERENCE } from "../../test/support/reference.ts";
import { SUBPATHS } from "../subpaths.ts";
import { Declarations } from "./declarations.ts";
import { DECISIONS, type Decision, REACHED_FOR } from "./decisions.ts";
import { type Live, lookAt } from "./live.ts";
import { EIO, INDEX, REFERENCE_FILES, SAMPLES, SIO, type Subject, SUBJECTS } from "./subjects.ts";

export type State = "same" | "missing" | Decision["state"];

export interface Row {
  area: string;
  name: string;
  /** What it is: a method, a property, an event, ... */
  kind: string;
  state: State;
  /** What is missing, or the reason of the decision, or the default of an option. */
  note: string;
}

/** What was found of one row, where it is not plainly the same. */
interface Finding {
  /** Why it cannot be used here. */
  absent?: string | undefined;
  /** In what it is not like that of the reference. */
  unlike?: string | undefined;
  /** What to say of it where all is well. */
  note?: string;
}

/** The finding of a thing that is there or not. */
function present(isThere: boolean, text = "not there"): Finding {
  return isThere ? {} : { absent: text };
}

class Comparison {
  readonly rows: Row[] = [];
  readonly #types: Declarations;
  readonly #reference: Live;
  readonly #own: Live;
  readonly #root: string;

  constructor(root: string, reference: Live, own: Live) {
    const files = SUBJECTS.flatMap((subject) => [subject.reference[0], subject.own[0]]);
    const deep = Object.entries(SUBPATHS).flatMap(([name, own]) => [subpath(name), ...own]);
    const more = [
      `${SIO}/namespace.d.ts`,
      `${SIO}/socket-types.d.ts`,
      "lib/server.ts",
      "lib/socket-types.ts",
      "lib/engine/engine-events.ts",
      "lib/engine/session-types.ts",
    ];
    this.#types = new Declarations(root, [...new Set([...files, ...deep, ...more])]);
    this.#reference = reference;
    this.#own = own;
    this.#root = root;
  }

  add(area: string, name: string, kind: string, finding: Finding = {}): void {
    const decision = DECISIONS[`${area}: ${name}`] ?? DECISIONS[area];
    const { absent, unlike, note = "" } = finding;
    const problem = [absent, unlike].filter((text) => text).join("; ");
    const answer = decision?.state === "differs" ? !absent : decision !== undefined && problem;
    if (decision !== undefined && answer) {
      this.rows.push({ area, name, kind, ...decision });
    } else {
      const state = problem ? "missing" : "same";
      this.rows.push({ area, name, kind, state, note: problem || note });
    }
  }

  exports(): void {
    const own = new Set(this.#types.exportsOf(INDEX));
    for (const name of this.#types.exportsOf(`${SIO}/index.d.ts`)) {
      this.add("Exports", name, "export", present(own.has(name), "not exported"));
    }
    for (const [path, files] of Object.entries(SUBPATHS)) {
      const here = new Set(files.flatMap((file) => this.#types.exportsOf(file)));
      for (const name of this.#types.exportsOf(subpath(path))) {
        this.add(`Types of dist/${path}`, name, "export", present(here.has(name), "not exported"));
      }
    }
  }

  members({ area, reference, own }: Subject): void {
    const all = this.#types.members(...reference) ?? [];
    const declared = all.filter((member) => this.#types.isDeclaredIn(member, REFERENCE_FILES));
    const reached = new Set(REACHED_FOR[area]);
    const wanted = declared.filter(
      (member) => this.#types.isPublic(member) || reached.delete(member.name),
    );
    const ownMembers = new Map(this.#types.members(...own)?.map((each) => [each.name, each]));
    const there = this.#reference.things.get(area) as Record<string, unknown> | undefined;
    const here = this.#own.things.get(area) as Record<string, unknown> | undefined;

    if (ownMembers.size === 0 || (there !== undefined && here === undefined)) {
      // Nothing of it is here; one row says that better than all of its members do.
      this.add(area, "(all of it)", "class", present(false));
      return;
    }
    const check = (name: string, deprecated: boolean) => {
      const isMethod = typeof there?.[name] === "function";
      const kind = isMethod ? "method" : "property";
      const ownMember = ownMembers.get(name);
      const absent: string[] = [];
      let unlike: string | undefined;
      if (here !== undefined && there !== undefined && name in there) {
        if (!(name in here)) absent.push("not there at run time");
        else if ((typeof here[name] === "function") !== isMethod) {
          unlike = `is a ${typeof here[name]}, and not a ${typeof there[name]}`;
        }
      }
      if (ownMember === undefined || !this.#types.isReachable(ownMember)) {
        absent.push("not in the types");
      }
      const note = deprecated ? "deprecated" : "";
      this.add(area, name, kind, { absent: absent.join("; "), unlike, note });
    };
    for (const member of wanted) {
      check(member.name, this.#types.describe(member).deprecated);
    }
    for (const name of reached) check(name, false);

    for (const member of this.#types.statics(...reference)) {
      if (!this.#types.isPublic(member)) continue;
      if (!this.#types.isDeclaredIn(member, REFERENCE_FILES)) continue;
      const ownStatics = this.#types.statics(...own).map((each) => each.name);
      this.add(area, member.name, "static", present(ownStatics.includes(member.name)));
    }
    this.#emitterMethods(area, there, here);
  }

  /** The methods of Node's event emitters, where the reference has them: one row for all. */
  #emitterMethods(area: string, there: object | undefined, here: object | undefined): void {
    const names = Object.getOwnPropertyNames(EventEmitter.prototype).filter(
      (name) => /^[a-z]/.test(name) && name !== "constructor",
    );
    const expected = names.filter((name) => there !== undefined && name in there);
    if (expected.length === 0) return;
    const missing = expected.filter((name) => here === undefined || !(name in here));
    const finding = present(missing.length === 0, `not there: ${missing.join(", ")}`);
    this.add(area, "(those of EventEmitter)", "methods", finding);
  }

  options(): void {
    const own = new Set(this.#types.members(INDEX, "ServerOptions")?.map((each) => each.name));
    for (const member of this.#types.members(`${SIO}/index.d.ts`, "ServerOptions") ?? []) {
      const { name, documentedDefault } = this.#types.describe(member);
      const absent = own.has(name) ? [] : ["not in the types"];
      const sample = SAMPLES[name];
      if (sample === undefined) throw new Error(`SAMPLES has no value for the option ${name}`);
      try {
        new Server({ [name]: sample });
      } catch (error) {
        absent.push(`refused: ${error instanceof Error ? error.message : error}`);
      }
      const there = shownDefault(this.#reference.defaults.get(name));
      const here = shownDefault(this.#own.defaults.get(name));
      const isRead = this.#reference.defaults.has(name);
      const unlike =
        isRead && here !== there ? `its default is ${here}, and not ${there}` : undefined;
      const shown = (isRead ? undefined : documentedDefault?.replaceAll("`", "")) ?? there;
      const note = `default: ${shown}`;
      this.add("Options", name, "option", { absent: absent.join("; "), unlike, note });
    }
  }

  async events(): Promise<void> {
    const compare = (area: string, expected: Iterable<string>, own: ReadonlySet<string>) => {
      for (const name of expected) this.add(area, name, "event", present(own.has(name)));
    };
    const ownMembers = (file: string, name: string) =>
      new Set(this.#types.members(file, name)?.map((each) => each.name));
    const members = (file: string, name: string) =>
      this.#types.members(file, name)?.map((each) => each.name) ?? [];

    compare(
      "Events of servers and namespaces",
      members(`${SIO}/namespace.d.ts`, "ServerReservedEventsMap"),
      ownMembers("lib/server-namespaces.ts", "ServerReservedEventsMap"),
    );
    compare(
      "Events of sockets",
      members(`${SIO}/socket-types.d.ts`, "SocketReservedEventsMap"),
      ownMembers("lib/socket-types.ts", "SocketReservedEventsMap"),
    );
    compare("Names that no event may have", this.#reference.reserved, this.#own.reserved);
    compare("Events of adapters", this.#reference.adapterEvents, this.#own.adapterEvents);

    const source = (name: string) => Bun.file(join(this.#root, EIO, name)).text();
    const [server, socket] = await Promise.all([source("server.js"), source("socket.js")]);
    const emitted = (text: string, pattern: RegExp) =>
      [...text.matchAll(pattern)].map((match) => match[1] ?? "");
    const ofServer = [
      ...emitted(server, /this\.emit\("(\w+)"/g),
      ...emitted(socket, /this\.server\.emit\("(\w+)"/g),
    ];
    compare(
      "Events of the Engine.IO server",
      new Set(ofServer),
      ownMembers("lib/engine/engine-events.ts", "EngineEvents"),
    );
    compare(
      "Events of Engine.IO sockets",
      new Set(emitted(socket, /this\.emit\("(\w+)"/g)),
      ownMembers("lib/engine/session-types.ts", "SessionEvents"),
    );
  }

  codes(): void {
    const reasons = new Set(this.#types.strings(INDEX, "DisconnectReason"));
    for (const name of this.#types.strings(`${SIO}/index.d.ts`, "DisconnectReason")) {
      this.add("Reasons of disconnections", name, "reason", present(reasons.has(name)));
    }
    const there = codesOf(this.#reference.things.get("Engine.IO server"));
    const here = codesOf(this.#own.things.get("Engine.IO server"));
    for (const [name, text] of there) {
      const own = here.get(name);
      const unlike = own === text ? undefined : `is ${own ?? "not there"}, and not ${text}`;
      this.add("Error codes of Engine.IO", name, "code", { unlike, note: text });
    }
  }

  async run(): Promise<Row[]> {
    this.exports();
    for (const subject of SUBJECTS) this.members(subject);
    this.options();
    await this.events();
    this.codes();
    return this.rows;
  }
}

function subpath(name: string): string {
  return `${SIO}/${name}.d.ts`;
}

/** A default as text; one that is not given, and one that is off, are the same. */
function shownDefault(value: unknown): string {
  if (typeof value === "function") return "a function";
  return value === undefined || value === null || value === false ? "none" : JSON.stringify(value);
}

/** The error codes of an engine, each with its number and message. */
function codesOf(engine: object | undefined): Map<string, string> {
  const { errors = {}, errorMessages = {} } = (engine?.constructor ?? {}) as {
    errors?: Record<string, number>;
    errorMessages?: Record<number, string>;
  };
  return new Map(
    Object.entries(errors).map(([name, code]) => [name, `${code}: ${errorMessages[code]}`]),
  );
}

/** Every public thing of the reference, and its state here. */
export async function compareSurfaces(root: string): Promise<Row[]> {
  const host = HOSTS[0];
  if (host === undefined) throw new Error("there is no host to look at");
  const reference = await lookAt(REFERENCE);
  const own = await lookAt(host);
  return new Comparison(root, reference, own).run();
}
