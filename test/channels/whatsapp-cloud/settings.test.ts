import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config.ts';

const settings = {
  WHATSAPP_CLOUD_ACCESS_TOKEN: 'EAAG0123',
  WHATSAPP_CLOUD_PHONE_NUMBER_ID: '106540352242922',
  WHATSAPP_CLOUD_APP_SECRET: '0123456789abcdef',
  WHATSAPP_CLOUD_VERIFY_TOKEN: 'verify-me-please',
};

let DATA_DIR: string;
beforeEach(() => {
  DATA_DIR = mkdtempSync(join(tmpdir(), 'wasl-config-'));
});
afterEach(() => rmSync(DATA_DIR, { recursive: true, force: true }));

describe('the settings of WhatsApp Cloud', () => {
  it('turn the channel on together', () => {
    expect(readConfig({ DATA_DIR }).whatsappCloud).toBeNull();
    expect(readConfig({ DATA_DIR, ...settings }).whatsappCloud).toEqual({
      accessToken: 'EAAG0123',
      phoneNumberId: '106540352242922',
      appSecret: '0123456789abcdef',
      verifyToken: 'verify-me-please',
    });
    expect(readConfig({ DATA_DIR }).whatsappCloudApiRoot).toBe('https://graph.facebook.com');
    const WHATSAPP_CLOUD_API_ROOT = 'http://127.0.0.1:9/';
    expect(readConfig({ DATA_DIR, ...settings, WHATSAPP_CLOUD_API_ROOT }).whatsappCloudApiRoot).toBe(
      'http://127.0.0.1:9',
    );
  });

  it.each(Object.keys(settings))('name %s when it alone is missing', (name) => {
    expect(() => readConfig({ DATA_DIR, ...settings, [name]: '' })).toThrow(new RegExp(`^${name}: expected`));
  });

  it.each([
    ['WHATSAPP_CLOUD_PHONE_NUMBER_ID', '+966 50 123 4567'],
    ['WHATSAPP_CLOUD_VERIFY_TOKEN', 'short'],
    ['WHATSAPP_CLOUD_ACCESS_TOKEN', 'with space'],
    ['WHATSAPP_CLOUD_BUSINESS_ACCOUNT_ID', 'our charity'],
    ['WHATSAPP_CLOUD_API_ROOT', 'graph.facebook.com'],
  ])('refuse %s "%s"', (name, value) => {
    expect(() => readConfig({ DATA_DIR, ...settings, [name]: value })).toThrow(new RegExp(`^${name}: expected`));
  });
});
