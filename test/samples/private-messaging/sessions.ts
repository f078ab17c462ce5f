/** Who is behind a session, for clients that come back. */
export interface Session {
  userID: string;
  username: string;
  connected: boolean;
}

export class SessionStore {
  readonly #sessions = new Map<string, Session>();

  find(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  save(id: string, session: Session): void {
    this.#sessions.set(id, session);
  }

  all(): Session[] {
    return [...this.#sessions.values()];
  }
}
