"""The therapist's room: a web app on this computer, for its own browser.

The server (:mod:`.server`) is bound to 127.0.0.1 and lets in only windows that it opened itself (:mod:`.gate`). Its pages
(:mod:`.pages`) are put together with NiceGUI from plain elements; what they post is in :mod:`.form_routes`. The browser owns the
camera: ``static/live.js`` shows it, sends one small picture at a time to the live view (:mod:`.live`), and the recording piece by
piece to the disk (:mod:`.arrivals`). The number comes from the stored recording, measured in a process of its own
(:mod:`.measuring`) through the code of ``rom-tracker measure``.
"""
