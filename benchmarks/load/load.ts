/** What a scenario puts on a server. */
export interface Load {
  /** Brings up the connections. */
  open(): Promise<void>;
  run(count: number): Promise<number[] | undefined>;
  end(): void;
}
