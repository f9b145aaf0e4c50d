import { createEventParser } from './event-parser.ts';

/** No byte for this long means that the connection is dead: the server writes every 15 seconds. */
const silenceMs = 40_000;
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

export interface StreamHandlers {
  onEvent(event: string, data: string): void;
  onState(state: 'connecting' | 'open' | 'waiting'): void;
  /** The token is not valid any more. */
  onRefused(): void;
}

export interface EventStream {
  /** Connects (again) at once, from the last event on. */
  connect(): void;
  /** Ends it; `connect` goes on where it ended. */
  pause(): void;
  /** Forgets where it was. */
  restart(): void;
}

/**
 * The event stream by `fetch`, since EventSource cannot send a token in a header. It comes back by itself with growing pauses and
 * asks for what it missed.
 */
export function createEventStream(token: () => Promise<string>, handlers: StreamHandlers): EventStream {
  let lastEventId = '';
  let pauseMs = firstPauseMs;
  let running: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function run(controller: AbortController): Promise<void> {
    handlers.onState('connecting');
    const headers: Record<string, string> = { accept: 'text/event-stream', authorization: `Bearer ${await token()}` };
    if (lastEventId !== '') headers['last-event-id'] = lastEventId;
    const response = await fetch('/api/chat/events', { headers, signal: controller.signal, credentials: 'omit' });
    if (response.status === 401) return handlers.onRefused();
    if (!response.ok || !response.body) {
      const seconds = Number(response.headers.get('retry-after'));
      if (seconds > 0) pauseMs = Math.max(pauseMs, seconds * 1000);
      return;
    }
    handlers.onState('open');
    const parse = createEventParser((event) => {
      if (controller.signal.aborted) return;
      lastEventId = event.lastEventId || lastEventId;
      pauseMs = firstPauseMs;
      handlers.onEvent(event.event, event.data);
    });
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const silence = setTimeout(() => controller.abort(), silenceMs);
      const { value, done } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      parse(decoder.decode(value, { stream: true }));
    }
  }

  function connect(): void {
    pause();
    const controller = new AbortController();
    running = controller;
    void run(controller)
      .catch(() => undefined) // No connection, or it was cut: both are answered by trying again.
      .then(() => {
        if (running !== controller) return;
        handlers.onState('waiting');
        timer = setTimeout(connect, pauseMs + Math.random() * 500);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      });
  }

  function pause(): void {
    clearTimeout(timer);
    const controller = running;
    running = null;
    controller?.abort();
  }

  return {
    connect,
    pause,
    restart() {
      lastEventId = '';
      pauseMs = firstPauseMs;
      connect();
    },
  };
}
