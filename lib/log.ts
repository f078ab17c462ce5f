import debug from "debug";

/** Writes a line of one name's log, if that is switched on. */
export interface Log {
  /**
   * Whether somebody reads it. Where packets pass, this is asked before the arguments are made: a log
   * that is off then costs one comparison.
   */
  readonly enabled: boolean;
  /**
   * @param format with `%s`, `%d`, `%j` and `%o` for the arguments, as the package `debug` has them
   * @param args the arguments
   */
  (format: string, ...args: unknown[]): void;
}

/**
 * Makes the log of a name. The package `debug` writes it where the variable `DEBUG`, or the
 * application by `debug.enable()`, names it.
 *
 * @param name such as `socket.io:server`
 */
export function makeLog(name: string): Log {
  const inner = debug(name);
  const log = (format: string, ...args: unknown[]): void => {
    try {
      if (inner.enabled) {
        inner(format, ...args.map(briefly));
      }
    } catch (error) {
      // A payload that cannot be printed, such as one whose toJSON() throws, must not end a session.
      inner("a line could not be written (%s): %s", briefly(error), format);
    }
  };
  return Object.defineProperty(log, "enabled", { get: () => inner.enabled === true }) as Log;
}

// An error without its stack: a line is a line.
function briefly(arg: unknown): unknown {
  return arg instanceof Error ? `${arg.name}: ${arg.message}` : arg;
}
