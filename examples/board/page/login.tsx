import { type FormEvent, useState } from "react";

interface LoginProps {
  boardId: string;
  /** Why the last token was not good, if so. */
  problem: string;
  onToken(token: string): void;
}

export function Login({ boardId, problem: given, onToken }: LoginProps) {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState(given);
  const [isBusy, setBusy] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      const response = await fetch("/login", { method: "POST", body: JSON.stringify({ name }) });
      const { token, problem } = (await response.json()) as { token?: string; problem?: string };
      if (token !== undefined) onToken(token);
      else setProblem(problem ?? "You were not let in");
    } catch {
      setProblem("The server does not answer");
    }
    setBusy(false);
  }

  return (
    <main className="login">
      <form className="card" onSubmit={submit}>
        <div className="stack" aria-hidden="true">
          <i data-colour="sun" />
          <i data-colour="sky" />
          <i data-colour="rose" />
        </div>
        <h1>
          Come to <em>{boardId}</em>
        </h1>
        <p>A board of notes that everybody here moves and writes at the same time.</p>
        <label htmlFor="name">Your name</label>
        <input
          id="name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          autoComplete="nickname"
          placeholder="Ada"
          // biome-ignore lint/a11y/noAutofocus: there is nothing else to do here
          autoFocus
        />
        <button type="submit" className="primary" disabled={isBusy}>
          Open the board
        </button>
        <p className="problem" role="alert">
          {problem}
        </p>
      </form>
    </main>
  );
}
