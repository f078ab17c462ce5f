import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { BoardView } from "./board.tsx";
import { Login } from "./login.tsx";

// Each tab may be somebody else, and stays so when the page is loaded again.
const TOKEN = "board-token";

const boardId = new URLSearchParams(location.search).get("board") || "welcome";
document.title = `${boardId} · Board`;

function App() {
  const [token, setToken] = useState(() => sessionStorage.getItem(TOKEN));
  const [problem, setProblem] = useState("");

  function logIn(token: string): void {
    sessionStorage.setItem(TOKEN, token);
    setToken(token);
  }

  function logOut(problem = ""): void {
    sessionStorage.removeItem(TOKEN);
    setProblem(problem);
    setToken(null);
  }

  if (token === null) return <Login boardId={boardId} problem={problem} onToken={logIn} />;
  return <BoardView boardId={boardId} token={token} onLogOut={logOut} />;
}

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
