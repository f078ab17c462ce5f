/** How the callback of an emit is called. */
export type AckForm =
  /** With the arguments of the acknowledgement. */
  | "plain"
  /** The same behind an error or null. */
  | "error first"
  /** With an error or null and a list of one argument of each acknowledgement. */
  | "all"
  /** With an error or null and the one argument of the only acknowledgement. */
  | "single";

/** The callback of an emit. */
export interface AckCallback {
  (...args: unknown[]): unknown;
  /** Called instead where there is no place for an error: of `emitWithAck()`. */
  fail?: (error: Error) => void;
}

/** Sees what a namespace and its sockets emit, before it is sent. */
export interface EmitGuard {
  /**
   * @param event the name, the arguments, and the callback, if there is one: they may be replaced here
   * @param form how that is called
   * @param socket the socket that emits; null for a broadcast
   * @throws whatever `emit()` is to throw
   */
  onEmit(event: unknown[], form: AckForm, socket: object | null): void;
}
