// Event maps of every shape that the programs beside it share.

/** What a client may send. */
export interface ClientToServer {
  noArg: () => void;
  basic: (n: number, text: string) => void;
  optional: (n: number, text?: string) => void;
  rest: (...words: string[]) => void;
  tuple: (...args: [first: number, second: string]) => void;
  union: (value: string | number) => void;
  withAck: (n: number, reply: (sum: number) => void) => void;
  onlyAck: (reply: (text: string) => void) => void;
  emptyAck: (reply: () => void) => void;
  errorAck: (reply: (error: Error, n: number) => void) => void;
}

/** What the server may send. */
export interface ServerToClient {
  noArg: () => void;
  hello: (name: string) => void;
  message: (text: string) => void;
  optional: (n: number, text?: string) => void;
  rest: (...words: string[]) => void;
  union: (value: string | { n: number }) => void;
  bytes: (data: Buffer, more?: Uint8Array) => void;
  ask: (question: string, reply: (answer: string) => void) => void;
  askTwo: (question: string, reply: (answer: string, n: number) => void) => void;
  askNothing: (reply: () => void) => void;
  askError: (question: string, reply: (error: Error, answer: string) => void) => void;
  askBoth: (a: number, b: boolean, reply: (both: { a: number; b: boolean }) => void) => void;
  askOptional: (question: string, reply?: (answer: string) => void) => void;
}

/** A map with events of no type: where there is one, the other events are not told apart by name. */
export interface Loose {
  loose: any;
  args: (...args: any[]) => void;
  hello: (name: string) => void;
  ask: (question: string, reply: (answer: string) => void) => void;
}

/** What the servers tell each other. */
export interface ServerToServer {
  sync: (n: number) => void;
  plain: () => void;
  count: (reply: (n: number) => void) => void;
  sum: (a: number, b: number, reply: (sum: number, text: string) => void) => void;
}

export interface Data {
  user: string;
  age?: number;
}

export const SYMBOL: unique symbol = Symbol("event");

/** A map with a symbol and a number for names. */
export interface Symbols {
  [SYMBOL]: (n: number) => void;
  named: (text: string) => void;
}

/** A map as a type, rather than an interface. */
export type Aliased = {
  "a b": (n: number) => void;
  fn(n: number): void;
  acknowledged(n: number, reply: (text: string) => void): void;
};
