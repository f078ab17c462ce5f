/** Whether a value has a member of that name and type, of its own or not. */
export function has(value: object, name: string, type: string): boolean {
  return name in value && typeof Reflect.get(value, name) === type;
}
