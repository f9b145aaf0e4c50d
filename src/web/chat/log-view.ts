import type { ChatLine, Choice, Gone } from './chat-line.ts';
import { isOver, type Pending } from './outbox.ts';
import { renderLine, renderPending, renderState } from './render-line.ts';
import type { Language, Texts } from './texts.ts';

/** Lines kept on the page; a long chat must not weigh on an old phone. */
const mostLines = 300;
const doubleTapMs = 800;
/** Nearer to the end than this, the reader is taken along when a line comes. */
const nearEndPixels = 160;

export interface LogActions {
  onChoice(choice: Choice): void;
  onSendNow(): void;
  loadFile(lineId: string): Promise<Blob | Gone>;
  /** Whether something new stands below what the reader sees. */
  onUnseen(isUnseen: boolean): void;
}

interface Shown<Subject> {
  readonly subject: Subject;
  readonly item: HTMLLIElement;
}

/** The messages on the page: the server's lines in their order, then what is still on its way. */
export function createLogView(log: HTMLElement, list: HTMLOListElement, actions: LogActions) {
  const lines = new Map<string, Shown<ChatLine>>();
  const pendings = new Map<string, Shown<Pending>>();
  /** Messages the server took whose lines have not come yet: line id to pending id. */
  const awaited = new Map<string, string>();
  /** Messages whose line came before the server's answer did. */
  const absorbed = new Set<string>();
  const ownFiles = new Map<string, File>();
  let words: { language: Language; texts: Texts };
  let lastTapAt = 0;
  /** The reader stands at the end and is taken along; only scrolling changes it, not what grows below. */
  let isFollowing = true;

  const isNearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < nearEndPixels;
  const scrollToEnd = () => {
    isFollowing = true;
    log.scrollTop = log.scrollHeight;
    actions.onUnseen(false);
  };
  log.addEventListener('scroll', () => {
    isFollowing = isNearEnd();
    if (isFollowing) actions.onUnseen(false);
  });
  // A picture that arrives late, or a keyboard that opens, must not push the end out of sight.
  const follow = () => isFollowing && scrollToEnd();
  list.addEventListener('load', follow, true);
  window.addEventListener('resize', follow);

  function onChoice(choice: Choice): void {
    if (Date.now() - lastTapAt < doubleTapMs) return;
    lastTapAt = Date.now();
    actions.onChoice(choice);
  }

  function draw(line: ChatLine): HTMLLIElement {
    const bubble = { onChoice, loadFile: () => actions.loadFile(line.id) };
    return renderLine(line, words, bubble, ownFiles.get(line.id));
  }

  function drawPending(pending: Pending): HTMLLIElement {
    return renderPending(pending, words.texts, actions.onSendNow);
  }

  function removePending(id: string): Pending | undefined {
    const shown = pendings.get(id);
    if (!shown) return undefined;
    const next = shown.item.nextElementSibling;
    shown.item.remove();
    pendings.delete(id);
    markAuthor(next);
    return shown.subject;
  }

  /** Takes the place of the message of this page that the line stands for, if there is one. */
  function absorbPending(line: ChatLine): void {
    if (line.from !== 'me') return;
    const known = awaited.get(line.id);
    awaited.delete(line.id);
    const id = known ?? [...pendings.values()].find(({ subject }) => isSame(subject, line))?.subject.id;
    if (id === undefined) return;
    if (known === undefined) absorbed.add(id);
    const content = removePending(id)?.content;
    if (content?.type === 'file') ownFiles.set(line.id, content.file);
  }

  function insert(line: ChatLine): void {
    const item = draw(line);
    lines.set(line.id, { subject: line, item });
    let before = list.lastElementChild;
    // What has no order yet stands at the end.
    while (before && (before.getAttribute('data-order') ?? '~') > line.order) before = before.previousElementSibling;
    if (before) before.after(item);
    else list.prepend(item);
    markAuthor(item);
    markAuthor(item.nextElementSibling);
  }

  function dropOldest(): void {
    for (const [id, { item }] of lines) {
      if (lines.size <= mostLines) return;
      item.remove();
      lines.delete(id);
      ownFiles.delete(id);
    }
  }

  return {
    /** Shows a line from the server; one that is shown already changes nothing. */
    addLine(line: ChatLine): void {
      if (lines.has(line.id)) return;
      absorbPending(line);
      insert(line);
      dropOldest();
      if (isFollowing) scrollToEnd();
      else actions.onUnseen(true);
    },
    /** Shows a message on its way, or how it fares now. */
    showPending(pending: Pending): void {
      if (absorbed.has(pending.id)) return;
      const shown = pendings.get(pending.id);
      if (shown) {
        shown.item.querySelector('.state')?.replaceWith(renderState(pending, words.texts, actions.onSendNow));
        if (isOver(pending)) keepPlace(shown.item);
        return;
      }
      const item = drawPending(pending);
      pendings.set(pending.id, { subject: pending, item });
      list.append(item);
      if (isOver(pending)) keepPlace(item);
      markAuthor(item);
      scrollToEnd();
    },
    /** The server took the message as this line. */
    settlePending(pending: Pending, lineId: string): void {
      if (absorbed.delete(pending.id)) return;
      if (lines.has(lineId)) removePending(pending.id);
      else awaited.set(lineId, pending.id);
      pendings.get(pending.id)?.item.classList.remove('pending');
    },
    setLanguage(language: Language, texts: Texts): void {
      words = { language, texts };
      const redraw = <Subject>(map: Map<string, Shown<Subject>>, drawn: (subject: Subject) => HTMLLIElement) => {
        for (const [id, { subject, item }] of map) {
          const fresh = drawn(subject);
          fresh.classList.toggle('goes-on', item.classList.contains('goes-on'));
          const order = item.getAttribute('data-order');
          if (order !== null) fresh.setAttribute('data-order', order);
          item.replaceWith(fresh);
          map.set(id, { subject, item: fresh });
        }
      };
      redraw(lines, draw);
      redraw(pendings, drawPending);
    },
    scrollToEnd,
    isEmpty: () => lines.size === 0 && pendings.size === 0,
    /** Forgets the server's lines; what is on its way stays. */
    clearLines(): void {
      for (const { item } of lines.values()) item.remove();
      lines.clear();
    },
    clear(): void {
      for (const map of [lines, pendings, awaited, ownFiles]) map.clear();
      absorbed.clear();
      list.replaceChildren();
    },
  };
}

/** What was refused for good has its place in the chat like a line: what comes later stands below it. */
function keepPlace(item: Element): void {
  item.setAttribute('data-order', item.previousElementSibling?.getAttribute('data-order') ?? '');
}

/** The author is named only where another one spoke before. */
function markAuthor(item: Element | null): void {
  if (!item) return;
  const before = item.previousElementSibling?.getAttribute('data-from');
  item.classList.toggle('goes-on', before === item.getAttribute('data-from'));
}

/** Whether a line says what was sent; exact enough, since messages go out one after the other. */
function isSame({ content }: Pending, line: ChatLine): boolean {
  const other = line.content;
  switch (content.type) {
    case 'text':
      return other.type === 'text' && other.text.trim() === content.text.trim();
    case 'choice':
      return other.type === 'choice' && other.choiceId === content.choiceId;
    case 'location':
      return other.type === 'location' && other.latitude === content.latitude;
    case 'file':
      return other.type === 'media' && (other.fileName ?? '') === content.file.name;
  }
}
