import { SocketIOError } from "./errors.ts";

type ParamName<Segment extends string> = Segment extends `:${infer Name}`
  ? Name
  : Segment extends "*"
    ? "*"
    : Segment extends `*${infer Name}`
      ? Name
      : never;

type ParamNames<Pattern extends string> = Pattern extends `${infer Segment}/${infer Rest}`
  ? ParamName<Segment> | ParamNames<Rest>
  : ParamName<Pattern>;

/**
 * What the parameters of a pattern are: `PathParams<"/rooms/:roomId">` is `{ readonly roomId: string }`.
 * Of a pattern that is known at run time only, any name may be there.
 */
export type PathParams<Pattern extends string> = string extends Pattern
  ? Readonly<Record<string, string>>
  : { readonly [Name in ParamNames<Pattern>]: string };

/** One segment of a pattern: text that must be there, or the name of a parameter. */
type Segment = { readonly text: string } | { readonly param: string };

const PARAM_NAME = /^[A-Za-z_]\w*$/;
const DELIMITERS = [",", "\u001e"];

/**
 * A pattern of namespace names, made by {@link path}: `io.of(path("/rooms/:roomId"))` makes a namespace
 * for each name that fits, when a client asks for it.
 *
 * @typeParam Params the parameters, by name
 */
export class NamespacePath<Params extends object = Readonly<Record<string, string>>> {
  /** The pattern as it was given, with a slash before it. */
  readonly pattern: string;
  readonly #segments: readonly Segment[];
  /** The name of the parameter that takes all further segments, if there is one. */
  readonly #rest: string | null;

  /**
   * @param pattern see {@link path}
   * @throws SocketIOError with `ERR_INVALID_NAMESPACE`
   */
  constructor(pattern: string) {
    if (typeof pattern !== "string") {
      throw invalid(
        `the pattern of a path must be a string, got a value of type ${typeof pattern}`,
      );
    }
    this.pattern = pattern.startsWith("/") ? pattern : `/${pattern}`;
    const parts = this.pattern.slice(1).split("/");
    const last = parts.at(-1) ?? "";
    this.#rest = last.startsWith("*") ? last.slice(1) || "*" : null;
    this.#segments = (this.#rest === null ? parts : parts.slice(0, -1)).map((part) =>
      part.startsWith(":") ? { param: part.slice(1) } : { text: part },
    );
    this.#requireValid();
  }

  #requireValid(): void {
    const names = this.#names();
    for (const name of names.filter((each) => each !== "*" || this.#rest !== "*")) {
      if (!PARAM_NAME.test(name)) {
        throw this.#invalid(
          `${JSON.stringify(name)} is no name of a parameter: letters, digits and _`,
        );
      }
    }
    if (new Set(names).size < names.length) {
      throw this.#invalid("two of its parameters have the same name");
    }
    for (const segment of this.#segments) {
      if ("text" in segment) {
        this.#requireText(segment.text);
      }
    }
  }

  #requireText(text: string): void {
    if (text === "") {
      throw this.#invalid("a segment is empty");
    }
    if (text.includes("*")) {
      throw this.#invalid("a * takes all that follows: it begins the last segment");
    }
    if (text.includes(":")) {
      throw this.#invalid("a parameter is a whole segment: a colon begins it");
    }
    if (DELIMITERS.some((each) => text.includes(each))) {
      throw this.#invalid("a comma or U+001E ends a namespace on the wire");
    }
  }

  #invalid(problem: string): SocketIOError {
    return invalid(`the path ${JSON.stringify(this.pattern)} cannot be: ${problem}`);
  }

  #names(): string[] {
    const names = this.#segments.flatMap((segment) => ("param" in segment ? [segment.param] : []));
    return this.#rest === null ? names : [...names, this.#rest];
  }

  /** Whether a name fits. */
  test(name: string): boolean {
    return this.match(name) !== null;
  }

  /**
   * Reads the parameters of a name.
   *
   * @param name the name of a namespace
   * @returns the parameters, with percent-encodings decoded; null where the name does not fit, or what
   * is percent-encoded in it is no UTF-8
   */
  match(name: string): Params | null {
    const parts = name.split("/");
    const count = this.#segments.length;
    // The name begins with a slash: the first part is the nothing before it.
    if (this.#rest === null ? parts.length !== count + 1 : parts.length < count + 2) {
      return null;
    }
    const params: [name: string, value: string][] = [];
    for (const [index, segment] of this.#segments.entries()) {
      const part = parts[index + 1] ?? "";
      if ("param" in segment) {
        params.push([segment.param, part]);
      } else if (segment.text !== part) {
        return null;
      }
    }
    if (this.#rest !== null) {
      params.push([this.#rest, parts.slice(count + 1).join("/")]);
    }
    if (parts[0] !== "" || params.some(([, value]) => value === "")) {
      return null;
    }
    try {
      const decoded = params.map(([key, value]) => [key, decodeURIComponent(value)]);
      return Object.freeze(Object.fromEntries(decoded));
    } catch {
      return null; // a percent sign before what is no encoding of anything
    }
  }

  /**
   * Makes the name of a namespace, on either side: `io.of(rooms.toName({ roomId }))`,
   * `connect(rooms.toName({ roomId }))`. What cannot stand in a name is percent-encoded.
   *
   * @param params the parameters
   * @throws SocketIOError with `ERR_INVALID_NAMESPACE` where one is missing or empty
   */
  toName(params: { readonly [Name in keyof Params]: string | number }): string {
    const values = new Map<string, unknown>(Object.entries(params));
    const encode = (name: string, keep = ""): string => {
      const value = String(values.get(name) ?? "");
      if (value === "") {
        throw this.#invalid(`the parameter ${name} is missing or empty`);
      }
      return value
        .split(keep || /(?!)/)
        .map(encodeSegment)
        .join(keep);
    };
    const parts = this.#segments.map((each) => ("param" in each ? encode(each.param) : each.text));
    return `/${[...parts, ...(this.#rest === null ? [] : [encode(this.#rest, "/")])].join("/")}`;
  }

  /** The pattern. */
  toString(): string {
    return this.pattern;
  }
}

function encodeSegment(text: string): string {
  return encodeURIComponent(text.toWellFormed()); // half of a character that takes two would throw
}

function invalid(message: string): SocketIOError {
  return new SocketIOError("ERR_INVALID_NAMESPACE", message);
}

/**
 * Makes a pattern of namespace names, for `io.of()`.
 *
 * @param pattern segments with slashes between them. A segment `:name` is a parameter; it takes one
 * segment, whatever it is. `*` or `*name` as the last takes all further segments, one at least, as the
 * parameter `*` or `name`. All others must be there as they are.
 * @throws SocketIOError with `ERR_INVALID_NAMESPACE`
 *
 * @example
 * const rooms = path("/rooms/:roomId");
 * io.of(rooms).on("connection", (socket) => socket.emit("hello", socket.params.roomId));
 */
export function path<const Pattern extends string>(
  pattern: Pattern,
): NamespacePath<PathParams<Pattern>> {
  return new NamespacePath(pattern);
}
