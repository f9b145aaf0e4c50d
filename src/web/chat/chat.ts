import { request, RequestFailed } from './api.ts';
import type { ChatLine, Gone, SentContent } from './chat-line.ts';
import { createEventStream } from './event-stream.ts';
import { readFileLimits, tellLimits } from './file-limits.ts';
import { createLogView } from './log-view.ts';
import { createNotices } from './notices.ts';
import { createOutbox } from './outbox.ts';
import { askAnew, findPage, fitText, translatePage } from './page.ts';
import { randomId } from './random-id.ts';
import { createSession } from './session.ts';
import { createStorage } from './storage.ts';
import { chooseLanguage, otherLanguage, textsOf, type Language } from './texts.ts';

/** A connection that is away for less than this is not worth a word. */
const quietAbsenceMs = 4_000;
const fileLimitMs = 120_000;

const page = findPage();
const fileLimits = readFileLimits(page.file);
const lasting = createStorage(() => localStorage);
// What waits to be sent belongs to its page, so that two pages do not send it both.
const ofThisPage = createStorage(() => sessionStorage);
const session = createSession(lasting);
let language = chooseLanguage(location.search, lasting.get('language'));
let connection: 'connecting' | 'connected' | 'disconnected' = 'connecting';

const notices = createNotices(page.notice, continueHere);
const view = createLogView(page.log, page.lines, {
  onChoice: ({ id, label }) => sendContent({ type: 'choice', choiceId: id, label }),
  onSendNow: () => outbox.hurry(),
  loadFile,
  onUnseen: (isUnseen) => (page.newer.hidden = !isUnseen),
});
const outbox = createOutbox(session, ofThisPage, {
  onChange: (pending) => view.showPending(pending),
  onSent: (pending, lineId) => view.settlePending(pending, lineId),
  onRefusedToken: beginAnew,
});
const stream = createEventStream(() => session.token(), {
  onEvent: receive,
  onState: (state) => showConnection(state === 'open' ? 'connected' : 'connecting'),
  onRefused: beginAnew,
});
let absence: ReturnType<typeof setTimeout> | undefined;

useLanguage(language);
page.composer.hidden = false;
page.place.hidden = !('geolocation' in navigator && window.isSecureContext);
if (!navigator.onLine) goOffline();
showWelcome();
for (const pending of outbox.all()) view.showPending(pending);
// A chat begins with the first message: who only looks leaves nothing behind.
if (session.exists()) stream.connect();
else if (navigator.onLine) showConnection('connected');
if (outbox.all().length > 0) outbox.hurry();
focusText();

page.language.addEventListener('click', () => useLanguage(otherLanguage(language)));
page.start.addEventListener('click', () => {
  sendContent({ type: 'text', text: textsOf(language).startMessage });
  focusText();
});
page.newer.addEventListener('click', () => {
  view.scrollToEnd();
  focusText();
});
page.composer.addEventListener('submit', (event) => {
  event.preventDefault();
  sendText();
});
page.text.addEventListener('input', () => fitText(page));
page.text.addEventListener('keydown', (event) => {
  // While a word is being composed (IME), Enter belongs to it.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  sendText();
});
page.attach.addEventListener('click', () => page.file.click());
page.file.addEventListener('change', sendFile);
page.place.addEventListener('click', sendPlace);
askAnew(page, () => {
  session.forget();
  outbox.clear();
  stream.pause();
  view.clear();
  showConnection('connected');
  showWelcome();
  focusText();
});
window.addEventListener('online', () => {
  notices.set('offline', false);
  if (session.exists()) stream.connect();
  else showConnection('connected');
  outbox.hurry();
});
window.addEventListener('offline', goOffline);

function goOffline(): void {
  notices.set('offline', true);
  setConnection('disconnected');
}

/** Not where it would open a keyboard over half of a phone's screen. */
function focusText(): void {
  if (window.matchMedia('(pointer: fine)').matches) page.text.focus();
}

function useLanguage(chosen: Language): void {
  language = chosen;
  lasting.set('language', chosen);
  translatePage(page, chosen);
  notices.setTexts(textsOf(chosen));
  view.setLanguage(chosen, tellLimits(textsOf(chosen), fileLimits, chosen));
  page.connection.textContent = textsOf(chosen)[connection];
}

function showWelcome(): void {
  const isNew = view.isEmpty() && !session.exists() && outbox.all().length === 0;
  page.welcome.hidden = !isNew;
  page.anew.hidden = isNew;
}

function showConnection(state: 'connecting' | 'connected'): void {
  clearTimeout(absence);
  if (state === 'connected') {
    setConnection('connected');
    return;
  }
  absence = setTimeout(() => setConnection('disconnected'), quietAbsenceMs);
}

function setConnection(state: typeof connection): void {
  connection = state;
  page.connection.textContent = textsOf(language)[state];
  notices.set('reconnecting', state === 'disconnected');
}

function receive(event: string, data: string): void {
  if (event === 'line') view.addLine(JSON.parse(data) as ChatLine); // Our own server's line.
  if (event === 'reset') view.clearLines();
  if (event === 'ready') {
    showWelcome();
    // What was there before is not read out; what comes from now on is.
    page.log.setAttribute('aria-live', 'polite');
  }
  if (event === 'replaced') {
    stream.pause();
    notices.set('elsewhere', true);
  }
}

function continueHere(): void {
  notices.set('elsewhere', false);
  stream.connect();
  focusText();
}

/** The token is not valid any more (it ran out, or the installation's secret changed): what waits goes to a new chat. */
function beginAnew(): void {
  session.forget();
  view.clearLines();
  stream.restart();
}

function sendText(): void {
  const text = page.text.value.trim();
  if (text === '') return;
  page.text.value = '';
  fitText(page);
  sendContent({ type: 'text', text });
  page.text.focus();
}

function sendContent(content: SentContent | { type: 'file'; file: File }): void {
  const isFirst = !session.exists();
  outbox.add({ id: randomId(), language, content });
  showWelcome();
  if (isFirst) stream.restart();
  if (page.log.getAttribute('aria-live') === 'off' && isFirst) page.log.setAttribute('aria-live', 'polite');
}

function sendFile(): void {
  const file = page.file.files?.[0];
  page.file.value = '';
  if (!file) return;
  // The server says so too; this saves sending it.
  if (file.size > fileLimits.maxMegabytes * 1024 * 1024) {
    view.showPending({ id: randomId(), language, content: { type: 'file', file }, state: 'file-too-large' });
    return;
  }
  sendContent({ type: 'file', file });
}

function sendPlace(): void {
  notices.set('locationUnknown', false);
  notices.set('locating', true);
  navigator.geolocation.getCurrentPosition(
    ({ coords: { latitude, longitude } }) => {
      notices.set('locating', false);
      sendContent({ type: 'location', latitude, longitude });
    },
    () => {
      notices.set('locating', false);
      notices.set('locationUnknown', true);
      setTimeout(() => notices.set('locationUnknown', false), 10_000);
    },
    { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 },
  );
}

async function loadFile(lineId: string): Promise<Blob | Gone> {
  try {
    const headers = { authorization: `Bearer ${await session.token()}` };
    const response = await request(`files/${encodeURIComponent(lineId)}`, { headers }, fileLimitMs);
    return await response.blob();
  } catch (error) {
    return error instanceof RequestFailed && error.status === 410 ? 'removed' : 'lost';
  }
}
