import type { ReplayAnswer, ReplayRequest } from "../cluster/messages.ts";

/** Whether a request of another node has the shape that it should have. */
export function isReplayRequest(value: unknown): value is ReplayRequest {
  return (
    isRecord(value) &&
    typeof value.requestId === "string" &&
    isCount(value.last) &&
    Number.isFinite(value.since) &&
    isListOf(value.after, isNamed) &&
    (value.channels == null || isListOf(value.channels, isString))
  );
}

/** Whether an answer of another node has the shape that it should have. */
export function isReplayAnswer(value: unknown): value is ReplayAnswer {
  return (
    isRecord(value) &&
    typeof value.requestId === "string" &&
    isCount(value.after) &&
    isCount(value.last) &&
    isListOf(value.messages, isNumbered)
  );
}

function isNamed(value: unknown): boolean {
  return Array.isArray(value) && isString(value[0]) && Number.isSafeInteger(value[1]);
}

function isNumbered(value: unknown): boolean {
  if (!Array.isArray(value)) {
    return false;
  }
  const [number, channel, payload] = value;
  const isPayload = isString(payload) || payload instanceof Uint8Array;
  return isCount(number) && number > 0 && isString(channel) && isPayload;
}

function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
