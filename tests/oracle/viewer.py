#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""viewer.py PAGE [SHOT]: use the 3D view of a report in Chromium as a reader does, by mouse and by keys, and print what it says as
JSON. Everything is told by structure (data attributes and texts of the page), not by pixels."""
import json
import os
import sys
import time

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait


def main():
    opt = webdriver.ChromeOptions()
    for a in ("--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic",
              "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1200,900"):
        opt.add_argument(a)
    opt.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    d = webdriver.Chrome(options=opt)
    try:
        begin = time.monotonic()
        d.get("file://" + os.path.abspath(sys.argv[1]))
        stage = d.find_element(By.ID, "v-stage")
        get = lambda k: stage.get_attribute("data-" + k)
        text = lambda i: d.find_element(By.ID, i).text
        wait = lambda f: WebDriverWait(d, 60).until(lambda _: f())
        # what was asked for is drawn with the next frame
        frames = lambda: d.execute_async_script("const f = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(f))")
        said = {}
        wait(lambda: get("state") == "ready")
        said["seconds"] = round(time.monotonic() - begin, 2)
        said["triangles"] = int(get("triangles"))
        said["sharp"] = d.execute_script("const c = arguments[0].querySelector('canvas'); return c.width >= c.clientWidth && c.height >= c.clientHeight", stage)
        said["letters"] = {}
        for b in d.find_elements(By.CSS_SELECTOR, "#v-from button"):
            before = get("eye")
            b.click()
            wait(lambda: said["letters"] == {} or get("eye") != before)
            said["letters"][b.text] = [text("v-" + k) for k in "lrtb"]
        before = get("eye")
        d.find_element(By.ID, "v-reset").click()
        wait(lambda: get("eye") != before)
        whole = float(get("zoom"))
        d.execute_script("arguments[0].scrollIntoView({block: 'center'})", stage)
        # drag, keys, wheel
        eye = get("eye")
        ActionChains(d).move_to_element(stage).click_and_hold().move_by_offset(90, 30).release().perform()
        wait(lambda: get("eye") != eye)
        said["dragged"] = True
        eye = get("eye")
        stage.send_keys(Keys.ARROW_LEFT)
        wait(lambda: get("eye") != eye)
        stage.send_keys("+")
        wait(lambda: float(get("zoom")) > 1.1 * whole)
        zoom = float(get("zoom"))
        ActionChains(d).scroll_from_origin(webdriver.common.actions.wheel_input.ScrollOrigin.from_element(stage), 0, -120).perform()
        wait(lambda: float(get("zoom")) > zoom)
        stage.send_keys("0")
        wait(lambda: float(get("zoom")) == whole)
        # slice: by key, then by its control
        stage.send_keys("s")
        wait(lambda: get("slice") == "x")
        Select(d.find_element(By.ID, "v-axis")).select_by_value("1")
        wait(lambda: get("slice") == "y")
        said["slice"] = text("v-at")
        if len(sys.argv) > 2 and sys.argv[2]:
            time.sleep(0.3)
            stage.screenshot(sys.argv[2])
        Select(d.find_element(By.ID, "v-axis")).select_by_value("")
        wait(lambda: get("slice") == "")
        # parts
        boxes = d.find_elements(By.CSS_SELECTOR, "#v-parts input")
        said["parts"] = [b.find_element(By.XPATH, "..").text for b in boxes]
        if boxes:
            frames()
            before = int(get("triangles"))
            boxes[0].click()
            wait(lambda: int(get("triangles")) < before)
            boxes[0].click()
            wait(lambda: int(get("triangles")) == before)
        # two points in the middle of the view: by mouse from the front, by key from behind
        d.find_element(By.ID, "v-measure").click()
        ActionChains(d).move_to_element(stage).click().perform()
        wait(lambda: "Take the second" in text("v-said"))
        eye = get("eye")
        stage.send_keys("2")  # from behind
        wait(lambda: get("eye") != eye)
        stage.send_keys(Keys.ENTER)
        wait(lambda: get("length"))
        said["length"] = float(get("length"))
        said["said"] = text("v-said")
        stage.send_keys(Keys.ESCAPE)
        wait(lambda: get("length") is None)
        # colours and places
        if d.find_element(By.ID, "v-colour-box").is_displayed():
            Select(d.find_element(By.ID, "v-colour")).select_by_value("quality")
            wait(lambda: get("colour") == "quality")
            said["legend"] = [text("v-lo"), text("v-hi")]
        if d.find_element(By.ID, "v-goto-box").is_displayed():
            s = Select(d.find_element(By.ID, "v-goto"))
            said["places"] = [o.text for o in s.options[1:]]
            s.select_by_index(1)
            wait(lambda: get("target"))
            said["target"] = get("target")
        # what the browser had to complain of: the content policy, errors of the script
        said["complaints"] = [e["message"] for e in d.get_log("browser") if e["level"] in ("SEVERE", "WARNING")
                              and "GPU stall" not in e["message"] and "swiftshader" not in e["message"].lower()]
        print(json.dumps(said))
    finally:
        d.quit()


main()
