import type { Untyped } from "./events.ts";
import { isPromiseLike } from "./middleware.ts";
import { warn } from "./errors.ts";
import { makeLog } from "./log.ts";

const serverLog = makeLog("socket.io:server");
const parentLog = makeLog("socket.io:parent-namespace");

/**
 * Decides whether a namespace is to be made for a client that asks for it: `next(null, true)`, or by
 * the boolean, or promise of one, that it returns.
 */
export type ParentNspNameMatchFn = (
  name: string,
  auth: { [key: string]: Untyped },
  next: (err: Error | null, success: boolean) => void,
) => unknown;

/** What tells by the name alone: a regular expression, a path. */
export interface NamePattern {
  test(name: string): boolean;
}

/** What the registry needs of a parent namespace. */
export interface Parent<Child> {
  readonly children: Set<Child>;
  /** Whether children go when they are empty, whatever the option of the server says. */
  readonly removesEmptyChildren: boolean;
  createChild(name: string): Child;
}

interface Rule<Child> {
  readonly match: NamePattern | ParentNspNameMatchFn;
  readonly parent: Parent<Child>;
}

/** The namespaces of a server by name, and the rules by which more are made. */
export class NamespaceRegistry<Child> {
  readonly byName = new Map<string, Child>();
  readonly #onNew: (child: Child) => void;
  readonly #rules: Rule<Child>[] = [];

  /** @param onNew called with each child of a parent that is made */
  constructor(onNew: (child: Child) => void) {
    this.#onNew = onNew;
  }

  /** Adds a rule behind the others. */
  addRule(match: NamePattern | ParentNspNameMatchFn, parent: Parent<Child>): void {
    this.#rules.push({ match, parent });
  }

  /** The namespace of that name; made, where a regular expression or a path takes it. */
  lookUp(name: string): Child | undefined {
    const known = this.byName.get(name);
    if (known !== undefined) {
      return known;
    }
    const rule = this.#rules.find(({ match }) => typeof match !== "function" && test(match, name));
    if (rule === undefined) {
      return undefined;
    }
    serverLog("attaching namespace %s to the parent namespace of %s", name, rule.match);
    return this.#create(name, rule.parent);
  }

  /**
   * Finds the namespace that a client asks for, or makes it where a rule allows that. The first rule
   * that does makes it.
   *
   * @param name the name
   * @param auth what the client gave as `auth`
   * @param found called once, with null where there is none
   */
  find(name: string, auth: { [key: string]: Untyped }, found: (child: Child | null) => void): void {
    const existing = this.byName.get(name);
    if (existing !== undefined) {
      found(existing);
      return;
    }
    const rules = this.#rules.slice();
    const tryNext = (): void => {
      const known = this.byName.get(name); // made meanwhile, perhaps
      const rule = known === undefined ? rules.shift() : undefined;
      if (rule === undefined) {
        found(known ?? null);
        return;
      }
      ask(rule.match, name, auth, (allowed) => {
        if (allowed) {
          const existing = this.byName.get(name);
          serverLog("dynamic namespace %s %s", name, existing ? "already exists" : "was created");
          found(existing ?? this.#tryToCreate(name, rule.parent));
        } else {
          tryNext();
        }
      });
    };
    tryNext();
  }

  /**
   * Removes an empty namespace that was made by a rule.
   *
   * @param always also where its parent does not ask for that
   * @returns false where it stays, and for any other
   */
  removeChild(name: string, child: Child, always: boolean): boolean {
    const rule = this.#rules.find(({ parent }) => parent.children.has(child));
    if (rule === undefined || !(always || rule.parent.removesEmptyChildren)) {
      return false;
    }
    rule.parent.children.delete(child);
    parentLog("closing child namespace %s", name);
    return this.byName.delete(name);
  }

  #tryToCreate(name: string, parent: Parent<Child>): Child | null {
    try {
      return this.#create(name, parent);
    } catch (error) {
      warn(
        `the dynamic namespace ${name} could not be made: a client that asked is refused`,
        error,
      );
      return null;
    }
  }

  #create(name: string, parent: Parent<Child>): Child {
    parentLog("creating child namespace %s", name);
    const child = parent.createChild(name);
    this.byName.set(name, child);
    this.#onNew(child);
    return child;
  }
}

function test(pattern: NamePattern, name: string): boolean {
  if (pattern instanceof RegExp) {
    pattern.lastIndex = 0; // one with the flag g or y would go on from its last match
  }
  return pattern.test(name);
}

function ask(
  match: NamePattern | ParentNspNameMatchFn,
  name: string,
  auth: { [key: string]: Untyped },
  decided: (allowed: boolean) => void,
): void {
  if (typeof match !== "function") {
    decided(test(match, name));
    return;
  }
  let isDecided = false;
  let isAsking = true;
  let early: boolean | undefined;
  const decide = (allowed: boolean): void => {
    if (isDecided) {
      return;
    }
    isDecided = true;
    if (isAsking) {
      early = allowed; // acted on below, where what goes wrong is not taken for the function's fault
    } else {
      decided(allowed);
    }
  };
  const fail = (error: unknown): void => {
    warn("the function of a dynamic namespace threw, or its promise was rejected", error);
    decide(false);
  };
  const onResult = (result: unknown): void => {
    if (typeof result === "boolean") {
      decide(result);
    }
  };
  try {
    const result = match(name, auth, (error, allow) => decide(!error && Boolean(allow)));
    if (isPromiseLike(result)) {
      result.then(onResult, fail);
    } else {
      onResult(result);
    }
  } catch (error) {
    fail(error);
  }
  isAsking = false;
  if (early !== undefined) {
    decided(early);
  }
}
