// Assertions about types.

/** `true` where two types are the same. */
export type Equal<Left, Right> =
  (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;

/** Compiles where its type argument is `true`. */
export function expectType<_Holds extends true>(): void {}
