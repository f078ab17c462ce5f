// Tokens that say who somebody is, signed so that only this server can make them.
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";

const User = z.object({
  id: z.string(),
  name: z.string(),
  hue: z.number(),
  /** When the token runs out, in ms since 1970. */
  expires: z.number(),
});

export type User = z.output<typeof User>;

export const Name = z.string().trim().min(1, "A name, please").max(24, "That is a long name");

/** Makes tokens, and reads them again. */
export class Tokens {
  readonly #secret: string;
  readonly #lifetimeMs: number;

  constructor(secret: string, lifetimeMs: number) {
    this.#secret = secret;
    this.#lifetimeMs = lifetimeMs;
  }

  /** A token for somebody new. A real application would ask for a password first. */
  make(name: string): string {
    const user: User = {
      id: crypto.randomUUID(),
      name,
      hue: hueOf(name),
      expires: Date.now() + this.#lifetimeMs,
    };
    const payload = Buffer.from(JSON.stringify(user)).toString("base64url");
    return `${payload}.${this.#sign(payload)}`;
  }

  /** The user of a token; null where it is none of this server's. */
  read(token: string): User | null {
    const [payload = "", signature = ""] = token.split(".");
    const [given, expected] = [Buffer.from(signature), Buffer.from(this.#sign(payload))];
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    return User.parse(JSON.parse(Buffer.from(payload, "base64url").toString()));
  }

  #sign(payload: string): string {
    return createHmac("sha256", this.#secret).update(payload).digest("base64url");
  }
}

/** A hue for a name, so that people keep their colour. */
function hueOf(name: string): number {
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 997;
  return Math.round((sum * 137.5) % 360);
}
