/** What is kept by the namespace that it is for. */
export interface InNamespace {
  readonly nsp: { readonly name: string };
}

/** Values by their namespace: the one there mostly is, or a map where there were ever several. */
export type ByNamespace<Value extends InNamespace> = Value | Map<string, Value> | null;

/** The value for a namespace. */
export function valueFor<Value extends InNamespace>(
  values: ByNamespace<Value>,
  name: string,
): Value | undefined {
  if (values instanceof Map) {
    return values.get(name);
  }
  return values?.nsp.name === name ? values : undefined;
}

/** All of them, the oldest first; a list of its own. */
export function allOf<Value extends InNamespace>(values: ByNamespace<Value>): Value[] {
  if (values === null) {
    return [];
  }
  return values instanceof Map ? [...values.values()] : [values];
}

/** The values with one more, or with another for its namespace. */
export function withValue<Value extends InNamespace>(
  values: ByNamespace<Value>,
  value: Value,
): ByNamespace<Value> {
  if (values === null) {
    return value;
  }
  if (values instanceof Map) {
    return values.set(value.nsp.name, value);
  }
  return new Map([
    [values.nsp.name, values],
    [value.nsp.name, value],
  ]);
}

/** The values without one, where it is among them. */
export function withoutValue<Value extends InNamespace>(
  values: ByNamespace<Value>,
  value: Value,
): ByNamespace<Value> {
  if (values === value) {
    return null;
  }
  const { name } = value.nsp;
  if (values instanceof Map && values.get(name) === value) {
    values.delete(name);
    return values.size === 0 ? null : values;
  }
  return values;
}
