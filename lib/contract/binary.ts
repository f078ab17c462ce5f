import type { StandardSchema } from "./standard-schema.ts";

/** A schema of bytes, with what `describe` writes down of it. */
export interface BinarySchema extends StandardSchema<ArrayBuffer | Uint8Array, Uint8Array> {
  readonly "~standard": StandardSchema<ArrayBuffer | Uint8Array, Uint8Array>["~standard"] & {
    readonly jsonSchema: {
      readonly input: () => Record<string, unknown>;
      readonly output: () => Record<string, unknown>;
    };
  };
}

/**
 * Makes a schema of bytes as an argument of their own: an `ArrayBuffer`, as browsers receive it, or a
 * `Uint8Array`, as `Buffer` is one, of which it makes a `Uint8Array` on either side.
 *
 * @param limits `maxBytes`: how many there may be. Default: as many as the server lets in.
 */
export function binary(limits: { readonly maxBytes?: number } = {}): BinarySchema {
  const { maxBytes = Number.POSITIVE_INFINITY } = limits;
  const jsonSchema = { type: "string", format: "binary" };
  return {
    "~standard": {
      version: 1,
      vendor: "bun-socket.io",
      validate(value) {
        const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
        if (!(bytes instanceof Uint8Array)) {
          return { issues: [{ message: "Expected bytes" }] };
        }
        return bytes.byteLength > maxBytes
          ? { issues: [{ message: `Expected ${maxBytes} bytes at most` }] }
          : { value: bytes };
      },
      jsonSchema: { input: () => jsonSchema, output: () => jsonSchema },
    },
  };
}
