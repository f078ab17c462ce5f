/** How much went through an outbox. */
export interface OutboxStats {
  /** What waits, and is not in flight. */
  readonly waiting: number;
  readonly waitingBytes: number;
  /** What was handed to the client, and is not answered. */
  readonly inFlight: number;
  readonly inFlightBytes: number;
  readonly sent: number;
  /** How often a message was put back to be sent again. */
  readonly retried: number;
  readonly dropped: number;
}
