import type { ReplayAnswer, ReplayRequest } from "../cluster/messages.ts";
import { isCount } from "../cluster/validation.ts";
import { isRecord } from "./codec.ts";

/** Whether a request of another node has the shape that it should have. */
export function isReplayRequest(value: unknown): value is ReplayRequest {
  return (
    isRecord(value) &&
    typeof value.requestId === "string" &&
    isCount(value.last) &&
    Number.isFinite(value.since) &&
    (value.age == null || (Number.isFinite(value.age) && value.age >= 0)) &&
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

function isString(value: unknown): value is string {
  return typeof value === "string";
}
