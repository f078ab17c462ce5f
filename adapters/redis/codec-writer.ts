import { MsgpackBytes } from "./codec-bytes.ts";

/** How deep data may be nested, on the way out and in: far from where the stack ends. */
export const MAX_DEPTH = 5000;

const dateToJSON = Date.prototype.toJSON;

/**
 * MessagePack as notepack.io 3 writes it, byte for byte, but for what that corrupts or refuses: views
 * other than Uint8Array, numbers beyond 64 bits, invalid dates, lone surrogates, functions in lists,
 * a `toJSON()` that returns undefined or its own object.
 */
export class MsgpackWriter extends MsgpackBytes {
  /**
   * Writes a value and all that is in it.
   *
   * @throws TypeError for a BigInt, RangeError for what is nested deeper than {@link MAX_DEPTH}, and
   * whatever a `toJSON()` throws
   */
  value(value: unknown, depth = 0): void {
    switch (typeof value) {
      case "string":
        this.text(value);
        return;
      case "number":
        this.number(value);
        return;
      case "boolean":
        this.boolean(value);
        return;
      case "object":
        if (value !== null) {
          this.#object(value, depth);
          return;
        }
        break;
      case "bigint":
        this.#bigint(value, depth);
        return;
    }
    this.nil(); // null, undefined, and as in JSON functions and symbols
  }

  #object(value: object, depth: number): void {
    if (depth > MAX_DEPTH) {
      throw new RangeError("it is nested too deep, or contains itself");
    }
    if (Array.isArray(value)) {
      this.#items(value, depth);
    } else if (value instanceof Uint8Array) {
      this.binary(value);
    } else if (ArrayBuffer.isView(value)) {
      this.binary(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    } else if (value instanceof ArrayBuffer) {
      this.binary(new Uint8Array(value));
    } else if (value instanceof Date && value.toJSON === dateToJSON) {
      this.date(value.getTime());
    } else {
      const plain = toPlain(value);
      if (plain !== value) {
        this.#plain(plain, depth);
      } else {
        this.#members(value, depth);
      }
    }
  }

  /** Writes what a `toJSON()` returned: it is not asked for another, as in JSON. */
  #plain(value: unknown, depth: number): void {
    if (
      typeof value === "object" &&
      value !== null &&
      "toJSON" in value &&
      !(value instanceof Date || ArrayBuffer.isView(value) || Array.isArray(value))
    ) {
      this.#members(value, depth);
    } else {
      this.value(value, depth + 1);
    }
  }

  #items(items: readonly unknown[], depth: number): void {
    this.list(items.length);
    for (let i = 0; i < items.length; i++) {
      this.value(items[i], depth + 1);
    }
  }

  #members(value: object, depth: number): void {
    const keys = Object.keys(value);
    const before = this.length;
    this.map(keys.length);
    let size = 0;
    for (const key of keys) {
      const member: unknown = Reflect.get(value, key);
      if (this.#member(key, member, depth)) {
        size++;
      }
    }
    if (size < keys.length) {
      this.shrinkMap(before, keys.length, size);
    }
  }

  /** Writes a key and its value, or nothing if JSON would leave it out. */
  #member(key: string, member: unknown, depth: number): boolean {
    if (typeof member === "object" && member !== null) {
      const before = this.length;
      this.text(key);
      if (hasToJSON(member) && !(member instanceof Date) && !ArrayBuffer.isView(member)) {
        const plain = member.toJSON(key);
        if (isLeftOut(plain)) {
          this.rewind(before);
          return false;
        }
        this.#plain(plain, depth);
      } else {
        this.#object(member, depth + 1);
      }
      return true;
    }
    if (isLeftOut(member)) {
      return false;
    }
    this.text(key);
    this.value(member, depth + 1);
    return true;
  }

  #bigint(value: bigint, depth: number): void {
    const boxed: object = Object(value);
    if (!hasToJSON(boxed)) {
      throw new TypeError("a BigInt has no form in JSON or MessagePack");
    }
    this.value(boxed.toJSON(""), depth + 1);
  }
}

function isLeftOut(value: unknown): boolean {
  return value === undefined || typeof value === "function" || typeof value === "symbol";
}

function hasToJSON(value: object): value is { toJSON(key: string): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}

/** What JSON makes of an object before it looks at its members. */
function toPlain(value: object): unknown {
  if (hasToJSON(value)) {
    return value.toJSON("");
  }
  if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    return value.valueOf();
  }
  return value;
}
