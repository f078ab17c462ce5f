export interface Todo {
  id: string;
  title: string;
  done: boolean;
}

export interface Failure {
  error: string;
  /** What is wrong with each field. */
  details?: Record<string, string>;
}

export type Answer<T> = Failure | { data: T };

export interface ServerEvents {
  "todo:created": (todo: Todo) => void;
  "todo:updated": (todo: Todo) => void;
  "todo:deleted": (id: string) => void;
}

export interface ClientEvents {
  "todo:list": (callback: (answer: Answer<Todo[]>) => void) => void;
  "todo:create": (todo: Omit<Todo, "id">, callback: (answer: Answer<string>) => void) => void;
  "todo:read": (id: string, callback: (answer: Answer<Todo>) => void) => void;
  "todo:update": (todo: Todo, callback: (answer?: Failure) => void) => void;
  "todo:delete": (id: string, callback: (answer?: Failure) => void) => void;
}
