"""How is a board shown? site -> index, method_page, image_page, runs_page -> sheets, charts, gallery -> lookup."""
