// Chromium comes from the system (CHROMIUM_PATH); puppeteer's own download fails behind a closed network.
module.exports = { skipDownload: true };
