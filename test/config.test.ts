import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';
import { AppError } from '../src/domain/errors.ts';

let folder: string;
let dataDir: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasl-config-'));
  dataDir = join(folder, 'data');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const read = (settings: Record<string, string> = {}) => readConfig({ DATA_DIR: dataDir, ...settings });
const bot = '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11';
const mongo = 'mongodb://127.0.0.1:27017/wasl';
const redis = 'redis://127.0.0.1:6379';

function refusalOf(settings: Record<string, string>): string {
  try {
    read(settings);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return (error as AppError).message;
  }
  throw new Error('it was taken');
}

describe('without any setting', () => {
  it('runs on one machine, with secrets of its own', () => {
    expect(read()).toMatchObject({
      ...{
        port: 3000,
        host: '127.0.0.1',
        role: 'all',
        logLevel: 'info',
        defaultLanguage: 'ar',
        timeZone: 'Asia/Riyadh',
      },
      ...{ mongodbUri: null, redisUrl: null, telegram: null, publicUrl: null, isSecretKeyNew: true },
    });
  });

  it('keeps files of all kinds it knows, or those of the groups and types that are named', () => {
    const { allowedMimeTypes, maxBytes } = read().mediaRules;
    expect(maxBytes).toBe(20 * 1024 * 1024);
    for (const type of ['image/jpeg', 'application/pdf', 'audio/ogg', 'video/mp4'])
      expect(allowedMimeTypes).toContain(type);
    const few = read({ MEDIA_TYPES: 'photo, application/pdf', MEDIA_MAX_MB: '5' }).mediaRules;
    expect([...few.allowedMimeTypes].sort()).toEqual([
      'application/pdf',
      ...['image/gif', 'image/heic', 'image/jpeg', 'image/png', 'image/webp'],
    ]);
    expect(few.maxBytes).toBe(5 * 1024 * 1024);
  });

  it('keeps files for a year, for some days or for ever', () => {
    expect(read().fileRetentionDays).toBe(365);
    expect(read({ FILE_RETENTION_DAYS: '30' }).fileRetentionDays).toBe(30);
    expect(read({ FILE_RETENTION_DAYS: '0' }).fileRetentionDays).toBe(0);
  });

  it('makes secrets that only their owner can read, and the same at the next start', async () => {
    const first = read();
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    for (const name of ['secret-key', 'officer-token', 'metrics-token'])
      expect((await stat(join(dataDir, name))).mode & 0o777, name).toBe(0o600);
    expect(await readFile(join(dataDir, 'officer-token'), 'utf8')).toBe(`${first.officerToken}\n`);
    expect(first.officerToken).toMatch(/^[0-9a-f]{48}$/);
    expect(read()).toEqual({ ...first, isSecretKeyNew: false });
    expect((await readdir(dataDir)).sort()).toEqual(['metrics-token', 'officer-token', 'secret-key']);
  });

  it('closes secrets that others could read', async () => {
    read();
    await chmod(join(dataDir, 'secret-key'), 0o644);
    read();
    expect((await stat(join(dataDir, 'secret-key'))).mode & 0o777).toBe(0o600);
  });
});

describe('settings that work', () => {
  it.each([
    [{ PORT: '0' }, { port: 0 }],
    [{ PORT: ' 8080 ' }, { port: 8080 }],
    [
      { PORT: '', ROLE: '  ' },
      { port: 3000, role: 'all' },
    ],
    [{ MONGODB_URI: 'mongodb://a:1,b:2/wasl?replicaSet=rs' }, { mongodbUri: 'mongodb://a:1,b:2/wasl?replicaSet=rs' }],
    [{ ROLE: 'worker', MONGODB_URI: mongo, REDIS_URL: redis }, { role: 'worker' }],
    [{ TELEGRAM_BOT_TOKEN: bot }, { telegram: { mode: 'polling' }, telegramApiRoot: 'https://api.telegram.org' }],
    [
      { TELEGRAM_BOT_TOKEN: bot, TELEGRAM_API_ROOT: 'http://127.0.0.1:81/' },
      { telegramApiRoot: 'http://127.0.0.1:81' },
    ],
    [{ SECRET_KEY: 'AB'.repeat(32) }, { isSecretKeyNew: false }],
  ])('are taken: %j', (settings, expected) => {
    expect(read(settings as Record<string, string>)).toMatchObject(expected);
  });

  it('keep a SECRET_KEY that is given out of the data', async () => {
    read({ SECRET_KEY: 'ab'.repeat(32) });
    expect(await readdir(dataDir)).toEqual(['metrics-token', 'officer-token']);
  });
});

describe('a wrong setting', () => {
  const webhook = { TELEGRAM_BOT_TOKEN: bot, TELEGRAM_MODE: 'webhook', TELEGRAM_WEBHOOK_SECRET: 'abcd' };
  const cases: [string, Record<string, string>][] = [
    ['PORT', { PORT: 'eighty' }],
    ['PORT', { PORT: '65536' }],
    ['PORT', { PORT: '0x50' }],
    ['PORT', { PORT: '-1' }],
    ['PORT', { PORT: '3e3' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'wasl.example.org' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'ftp://wasl.example.org' }],
    ['ROLE', { ROLE: 'server' }],
    ['ROLE', { ROLE: 'web' }],
    ['ROLE', { ROLE: 'worker', MONGODB_URI: mongo }],
    ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
    ['MEDIA_TYPES', { MEDIA_TYPES: 'photo,archive' }],
    ['MEDIA_TYPES', { MEDIA_TYPES: 'photo,,voice' }],
    ['MEDIA_MAX_MB', { MEDIA_MAX_MB: '0' }],
    ['MEDIA_MAX_MB', { MEDIA_MAX_MB: '101' }],
    ['FILE_RETENTION_DAYS', { FILE_RETENTION_DAYS: '-1' }],
    ['FILE_RETENTION_DAYS', { FILE_RETENTION_DAYS: 'a year' }],
    ['SECRET_KEY', { SECRET_KEY: 'short' }],
    ['SECRET_KEY', { SECRET_KEY: 'zz'.repeat(32) }],
    ['DEFAULT_LANGUAGE', { DEFAULT_LANGUAGE: 'Arabic' }],
    ['TIMEZONE', { TIMEZONE: 'Madinah' }],
    ['MONGODB_URI', { MONGODB_URI: 'postgres://127.0.0.1/wasl' }],
    ['MONGODB_URI', { MONGODB_URI: 'mongodb://' }],
    ['REDIS_URL', { MONGODB_URI: mongo, REDIS_URL: '127.0.0.1:6379' }],
    ['REDIS_URL', { REDIS_URL: redis }],
    ['FLOWS_DIR', { FLOWS_DIR: '/nowhere' }],
    ['LOCALES_DIR', { LOCALES_DIR: 'package.json' }],
    ['TELEGRAM_BOT_TOKEN', { TELEGRAM_BOT_TOKEN: 'secret' }],
    ['TELEGRAM_API_ROOT', { TELEGRAM_API_ROOT: 'api.telegram.org' }],
    ['TELEGRAM_MODE', { TELEGRAM_MODE: 'push' }],
    ['TELEGRAM_WEBHOOK_SECRET', { ...webhook, TELEGRAM_WEBHOOK_SECRET: '' }],
    ['TELEGRAM_WEBHOOK_SECRET', { ...webhook, TELEGRAM_WEBHOOK_SECRET: 'with spaces' }],
    ['PUBLIC_URL', webhook],
    ['PUBLIC_URL', { ...webhook, PUBLIC_URL: 'http://wasl.example.org' }],
  ];

  it.each(cases)(
    '%s is refused in one line with what was expected and an example, and nothing is written: %j',
    async (name, settings) => {
      const message = refusalOf(settings);
      expect(message).toMatch(new RegExp(`^${name}: expected [^\n]+, for example [^\n]+$`));
      for (const value of Object.values(settings).filter((one) => /^(zz|short|secret|\d+:)/.test(one)))
        expect(message).not.toContain(value);
      await expect(stat(dataDir)).rejects.toThrow('ENOENT');
    },
  );

  it.each([
    ['DATA_DIR is a file', 'DATA_DIR', () => writeFile(dataDir, '')],
    ['the key cannot be read', 'DATA_DIR', () => mkdir(join(dataDir, 'secret-key'), { recursive: true })],
    ['the key was cut', 'SECRET_KEY', () => write('secret-key', 'abc')],
    ['the token is empty', 'DATA_DIR', () => write('officer-token', '')],
    ['the token is weak', 'DATA_DIR', () => write('officer-token', 'officer')],
  ])('in the data is refused in one line: %s', async (_, name, prepare) => {
    await prepare();
    expect(refusalOf({})).toMatch(new RegExp(`^${name}: expected [^\n]+, for example [^\n]+$`));
  });

  async function write(name: string, content: string) {
    await mkdir(dataDir, { recursive: true });
    await writeFile(join(dataDir, name), content);
  }
});

describe('.env.example', () => {
  it('names every setting that is read, and nothing else', async () => {
    const source = await readFile('src/config.ts', 'utf8');
    const example = await readFile('.env.example', 'utf8');
    const documented = [...example.matchAll(/^#? ?([A-Z_]{4,})=/gm)].map(([, name]) => name ?? '');
    const prefixed = [...source.matchAll(/setting\(\s*'([A-Z_]+)'/g)].map(([, name]) => `WHATSAPP_CLOUD_${name}`);
    const names = [...source.matchAll(/read\.\w+\(\s*'([A-Z_]+)'/g)].map(([, name]) => name ?? '');
    expect([...new Set(documented)].sort()).toEqual([...new Set([...names, ...prefixed])].sort());
  });
});

describe('WhatsApp Web', () => {
  const on = { WHATSAPP_WEB: 'on', CHROMIUM_PATH: process.execPath };

  it('is off until it is turned on', () => {
    expect(read({ CHROMIUM_PATH: '/nowhere' }).whatsappWeb).toBeNull();
  });

  it('takes arguments of Chromium, also with spaces in them', () => {
    const args = '--no-sandbox  --host-resolver-rules=MAP a b, MAP * ~NOTFOUND';
    expect(read({ ...on, WHATSAPP_WEB_CHROMIUM_ARGS: args })).toMatchObject({
      chromium: {
        chromiumPath: process.execPath,
        chromiumArgs: ['--no-sandbox', '--host-resolver-rules=MAP a b, MAP * ~NOTFOUND'],
      },
      whatsappWeb: { messagesPerMinute: 20 },
    });
  });

  it.each([
    [{ ...on, CHROMIUM_PATH: '/nowhere/chromium' }, 'CHROMIUM_PATH'],
    [{ ...on, WHATSAPP_WEB_CHROMIUM_ARGS: 'no-sandbox' }, 'WHATSAPP_WEB_CHROMIUM_ARGS'],
    [{ ...on, WHATSAPP_WEB_MESSAGES_PER_MINUTE: '0' }, 'WHATSAPP_WEB_MESSAGES_PER_MINUTE'],
    [{ WHATSAPP_WEB: 'yes' }, 'WHATSAPP_WEB'],
  ])('refuses %o', (settings, name) => {
    expect(refusalOf(settings)).toMatch(new RegExp(`^${name}: `));
  });
});
