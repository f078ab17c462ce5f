import { EventEmitter } from "node:events";

/**
 * Has every method of an emitter but `emit()` mean another emitter.
 *
 * @param prototype of the class that is to delegate
 * @param target finds the other emitter of an instance
 */
export function delegateEmitter<Instance extends EventEmitter>(
  prototype: Instance,
  target: (instance: Instance) => EventEmitter,
): void {
  for (const name of Object.keys(EventEmitter.prototype) as (keyof EventEmitter)[]) {
    if (name !== "emit" && typeof EventEmitter.prototype[name] === "function") {
      Object.defineProperty(prototype, name, {
        configurable: true,
        writable: true,
        value(this: Instance, ...args: unknown[]) {
          const emitter = target(this);
          return Reflect.apply(emitter[name] as () => unknown, emitter, args);
        },
      });
    }
  }
}
