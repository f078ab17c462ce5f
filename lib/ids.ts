import { randomFillSync } from "node:crypto";

const ID_BYTES = 15;
const IDS_PER_FILL = 512;

const pool = Buffer.allocUnsafeSlow(ID_BYTES * IDS_PER_FILL);
let offset = pool.length;

/**
 * Makes an unguessable id for a session or a socket.
 *
 * @returns 20 characters of base64url: 120 random bits. The length is part of the contract: the
 * sharded Redis adapter of the reference tells private rooms from others by it.
 */
export function generateId(): string {
  if (offset === pool.length) {
    randomFillSync(pool);
    offset = 0;
  }
  const id = pool.toString("base64url", offset, offset + ID_BYTES);
  // A used id must not stay readable in the pool.
  pool.fill(0, offset, offset + ID_BYTES);
  offset += ID_BYTES;
  return id;
}
