// A photo of a screen at the desk in Firefox (WebDriver BiDi): tells what was said; test_photo_in_firefox.py judges it.
// Arguments: the folder of puppeteer-core, and a JSON job.
import { createRequire } from 'node:module';

const [, , folder, text] = process.argv;
const job = JSON.parse(text);
const puppeteer = createRequire(`${folder}/`)('puppeteer-core');

const browser = await puppeteer.launch({
  browser: 'firefox', executablePath: job.program, headless: true, extraPrefsFirefox: job.settings,
});
const seen = { problems: [] };
try {
  const [page] = await browser.pages();
  page.setDefaultTimeout(30_000);
  page.on('pageerror', (error) => seen.problems.push(String(error)));
  const news = (words) => page.waitForFunction((said) => document.getElementById('news').textContent.includes(said), {}, words);
  await page.goto(`${job.url}/sign-in`);
  await page.type('input[name=username]', 'ana');
  await page.type('input[name=password]', job.password);
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await page.goto(`${job.url}/cases/${job.case}/photo`);
  for (const name of ['minor', 'china']) await page.click(`input[name=${name}][value=no]`);
  await (await page.$('#photo')).uploadFile(job.photo);
  await news('It is black now');
  await page.click('#add');
  await page.waitForSelector('.window');
  await page.evaluate(() => {
    document.getElementById('photo-seen_at').value = '2026-11-29T08:30:12';
    document.querySelector('input[type=checkbox][required]').checked = true;
  });
  await page.click('#seal');
  // Asked of the page itself: what the driver takes for its address may still be that of the page before.
  const ended = await page.waitForFunction((waits) => (
    location.pathname.endsWith('/evidence') || document.getElementById('news').textContent.includes(waits)) && location.pathname,
  {}, 'This browser changes');
  seen.path = await ended.jsonValue();
} catch (error) {
  seen.problems.push(error.stack);
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
