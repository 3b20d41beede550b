"""What each section shows: the JSON of /dashboard/complete in, texts and class names out; the templates lay it out."""
